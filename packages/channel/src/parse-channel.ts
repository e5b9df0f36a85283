import { type Problem, parseBySchema, positionIndex, problemAt, problemsAt, sortProblems } from '@roadstead/definition';
import { digestOf, type JsonObject, sha256Hex } from '@roadstead/foundation';
import { z } from 'zod';
import type { Channel, ChannelSource } from './channel.ts';
import { checkConfigSchema, configReader } from './config-schema.ts';
import { parseComponents } from './parse-components.ts';
import { parseEks } from './parse-eks.ts';
import { byPhase, parseStack } from './parse-stack.ts';
import { checkRequires } from './requires.ts';
import { openDocuments, type PathFile, type YamlFile } from './yaml-documents.ts';

/** The text of a channel's files by path, as `stacks/network.yaml`. */
export interface ChannelFiles {
  /** What stands before paths in messages: `channel` gives `channel/stacks/network.yaml`. */
  readonly root: string;
  readonly files: ReadonlyMap<string, string>;
  /** The commit that the files are of; without one, the version names their content. */
  readonly commit?: string;
  /** The version of Roadstead that reads them; default: this one. */
  readonly roadstead?: string;
}

export interface ParsedChannel {
  /** There when no problem is an error. */
  readonly channel?: Channel;
  readonly problems: readonly Problem[];
}

const channelFile = z.strictObject({
  apiVersion: z.literal('roadstead.dev/v1'),
  kind: z.literal('Channel'),
  metadata: z.strictObject({ name: z.string().min(1) }),
  spec: z.strictObject({
    requires: z.strictObject({ roadstead: z.string() }).optional(),
    kubernetes: z.array(z.string().regex(/^1\.\d{2}$/)).min(1),
  }),
});

const own = { dialect: 'own', expressions: true } as const;

/** Parses and compiles a channel. Wrong files are problems with places; nothing is thrown. */
export function parseChannel(input: ChannelFiles): ParsedChannel {
  const problems: Problem[] = [];
  const about = readAbout(input, problems);
  // A channel of a newer Roadstead may be wrong for this one everywhere: the cause is said alone.
  if (problems.some(({ code }) => code === 'ROADSTEAD_VERSION')) return { problems };
  const configSchema = readConfigSchema(input, problems);
  const stacks = filesUnder(input, 'stacks').flatMap((file) => parseStack(file, problems));
  const eks = parseEks(filesUnder(input, 'eks'), problems);
  const components = parseComponents(filesUnder(input, 'manifests'), problems);
  if (about === undefined || problems.some((problem) => problem.severity === 'error'))
    return { problems: byFile(problems) };
  const channel: Channel = {
    ...about,
    source: sourceOf(input),
    configSchema,
    config: configReader(configSchema),
    stacks: stacks.toSorted(byPhase),
    eks,
    components,
  };
  return { channel, problems: byFile(problems) };
}

/** Sorted by file, then by place. */
export function byFile(problems: readonly Problem[]): Problem[] {
  return sortProblems(problems).toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

function sourceOf({ files, commit }: ChannelFiles): ChannelSource {
  if (commit !== undefined) return { kind: 'git', commit };
  return {
    kind: 'folder',
    digest: digestOf(Object.fromEntries([...files].map(([path, text]) => [path, sha256Hex(text)]))).slice(0, 40),
  };
}

function placed({ root, files }: ChannelFiles, path: string): YamlFile | undefined {
  const text = files.get(path);
  return text === undefined ? undefined : { file: root === '' ? path : `${root}/${path}`, text };
}

/** The YAML and JSON files of a folder, in the order of their paths. */
function filesUnder(input: ChannelFiles, folder: string): PathFile[] {
  return [...input.files.keys()]
    .filter((path) => path.startsWith(`${folder}/`) && /\.(ya?ml|json)$/.test(path))
    .toSorted()
    .flatMap((path) => {
      const file = placed(input, path);
      return file === undefined ? [] : [{ ...file, path }];
    });
}

function readAbout(input: ChannelFiles, problems: Problem[]): Pick<Channel, 'name' | 'kubernetes'> | undefined {
  const file = placed(input, 'channel.yaml');
  if (file === undefined) {
    const fault = {
      code: 'NO_CHANNEL',
      message: 'the folder holds no channel.yaml',
      hint: 'kind: Channel, with a name and the Kubernetes versions it supports',
    };
    problems.push(
      problemAt(input.root === '' ? 'channel.yaml' : `${input.root}/channel.yaml`, { line: 1, column: 1 }, fault),
    );
    return undefined;
  }
  const [open] = openDocuments(file, { ...own, expressions: false }, problems);
  if (open === undefined) return undefined;
  const unfit = checkRequires(open, input.roadstead);
  if (unfit !== undefined) {
    problems.push(unfit);
    if (unfit.code === 'ROADSTEAD_VERSION') return undefined;
  }
  const read = parseBySchema(channelFile, { file: file.file, document: open.document, lines: open.lines });
  if ('value' in read) return { name: read.value.metadata.name, kubernetes: read.value.spec.kubernetes };
  problems.push(...read.problems);
  return undefined;
}

function readConfigSchema(input: ChannelFiles, problems: Problem[]): JsonObject {
  const file = placed(input, 'config.schema.yaml');
  if (file === undefined) return { type: 'object', additionalProperties: false };
  const [open] = openDocuments(file, { ...own, expressions: false }, problems);
  if (open === undefined) return {};
  const read: unknown = open.document.toJS();
  const schema = typeof read === 'object' && read !== null ? (read as JsonObject) : {};
  const fault = checkConfigSchema(schema);
  const positions = positionIndex(open.document, open.lines);
  if (fault !== undefined) problems.push(...problemsAt(file.file, positions, [fault]));
  return schema;
}
