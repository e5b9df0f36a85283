import { type Problem, problemAt, sortProblems, suggest } from '@roadstead/definition';
import { digestOf, type JsonObject, sha256Hex } from '@roadstead/foundation';
import { isMap } from 'yaml';
import { z } from 'zod';
import type { Channel, ChannelSource, EksFiles, StackFile } from './channel.ts';
import { checkConfigSchema } from './config-schema.ts';
import { parseComponents } from './parse-components.ts';
import { compileDocument, openDocuments, readDocuments, type YamlFile } from './yaml-documents.ts';

/** The text of a channel's files by path, as `stacks/network.yaml`. */
export interface ChannelFiles {
  /** What stands before paths in messages: `channel` gives `channel/stacks/network.yaml`. */
  readonly root: string;
  readonly files: ReadonlyMap<string, string>;
  /** The commit that the files are of; without one, the version names their content. */
  readonly commit?: string;
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

const eksFiles = ['cluster', 'node-group', 'addons', 'access', 'pod-identity'] as const;
const own = { dialect: 'own', expressions: true } as const;

/** Parses and compiles a channel. Wrong files are problems with places; nothing is thrown. */
export function parseChannel(input: ChannelFiles): ParsedChannel {
  const problems: Problem[] = [];
  const about = readAbout(input, problems);
  const configSchema = readConfigSchema(input, problems);
  const stacks = filesUnder(input, 'stacks').flatMap((file) => readStack(file, problems));
  const eks = readEks(input, problems);
  const components = parseComponents(filesUnder(input, 'manifests'), problems);
  if (about === undefined || problems.some((problem) => problem.severity === 'error'))
    return { problems: byFile(problems) };
  const channel: Channel = {
    ...about,
    source: sourceOf(input),
    configSchema,
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
function filesUnder(input: ChannelFiles, folder: string): (YamlFile & { readonly path: string })[] {
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
  const parsed = channelFile.safeParse(open.document.toJS());
  if (parsed.success) return { name: parsed.data.metadata.name, kubernetes: parsed.data.spec.kubernetes };
  for (const issue of parsed.error.issues) {
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'WRONG_CHANNEL_FILE', message: `${issue.path.join('.')}: ${issue.message}` },
      ),
    );
  }
  return undefined;
}

function readConfigSchema(input: ChannelFiles, problems: Problem[]): JsonObject {
  const file = placed(input, 'config.schema.yaml');
  if (file === undefined) return { type: 'object', additionalProperties: false };
  const [open] = openDocuments(file, { ...own, expressions: false }, problems);
  const schema = (open?.document.toJS() ?? {}) as JsonObject;
  const fault = checkConfigSchema(schema);
  if (fault !== undefined) problems.push(problemAt(file.file, { line: 1, column: 1 }, fault));
  return schema;
}

function readStack(file: YamlFile & { readonly path: string }, problems: Problem[]): StackFile[] {
  const id = file.path.replace(/^stacks\//, '').replace(/\.[a-z]+$/, '');
  const options = { ...own, shortTags: true };
  const [open, second] = openDocuments(file, options, problems);
  if (open === undefined) return [];
  if (second !== undefined)
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'SEVERAL_DOCUMENTS', message: 'a stack is one document', hint: 'one file for each stack' },
      ),
    );
  const phase = id === 'network' ? 'network' : id === 'node-pool' ? 'pools' : 'foundation';
  const root = open.document.contents;
  const parametersPair =
    isMap(root) && root.has('template') ? root.items.find((item) => String(item.key) === 'parameters') : undefined;
  const parameters =
    parametersPair === undefined ? undefined : compileDocument(open, own, problems, parametersPair.value);
  if (isMap(root) && parametersPair !== undefined) root.items.splice(root.items.indexOf(parametersPair), 1);
  const onlyTemplate =
    isMap(root) && root.items.length === 1 && root.has('template') ? root.get('template', true) : root;
  const template = compileDocument(open, options, problems, onlyTemplate);
  return [{ id, file: file.file, phase, template, ...(parameters === undefined ? {} : { parameters }) }];
}

const phaseOrder = ['network', 'foundation', 'pools'];

/** Network, foundation, the other stacks by name, pools. */
function byPhase(a: StackFile, b: StackFile): number {
  const rank = ({ phase, id }: StackFile): number =>
    phaseOrder.indexOf(phase) * 2 + (phase === 'foundation' && id !== 'foundation' ? 1 : 0);
  return rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
}

function readEks(input: ChannelFiles, problems: Problem[]): EksFiles {
  for (const file of filesUnder(input, 'eks')) {
    const name = file.path.replace(/^eks\//, '').replace(/\.[a-z]+$/, '');
    if ((eksFiles as readonly string[]).includes(name)) continue;
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'UNKNOWN_FILE', message: `nothing reads eks/${name}`, hint: suggest(name, eksFiles) },
      ),
    );
  }
  const [cluster] = readEksFile(input, 'cluster', problems);
  const [nodeGroup] = readEksFile(input, 'node-group', problems);
  return {
    ...(cluster === undefined ? {} : { cluster }),
    ...(nodeGroup === undefined ? {} : { nodeGroup }),
    addons: readEksFile(input, 'addons', problems),
    access: readEksFile(input, 'access', problems),
    podIdentity: readEksFile(input, 'pod-identity', problems),
  };
}

function readEksFile(input: ChannelFiles, name: (typeof eksFiles)[number], problems: Problem[]) {
  const file = placed(input, `eks/${name}.yaml`);
  return file === undefined ? [] : readDocuments(file, own, problems);
}
