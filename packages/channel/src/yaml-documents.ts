import { type Problem, readYaml } from '@roadstead/definition';
import type { Document, LineCounter, Tags } from 'yaml';
import { type CompileContext, compileExpression, compileNode } from './compile-template.ts';
import type { PlacedExpression, TemplateDocument } from './template.ts';

export interface YamlFile {
  readonly file: string;
  readonly text: string;
}

/** A file with its path in the channel. */
export interface PathFile extends YamlFile {
  readonly path: string;
}

export interface ReadOptions {
  /** `own`: YAML 1.2, for files of a channel. `manifest`: as kubectl reads it. */
  readonly dialect: 'own' | 'manifest';
  readonly expressions: boolean;
  readonly shortTags?: boolean;
}

/** A document of a file before it is compiled. */
export interface OpenDocument {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: YamlFile;
}

/**
 * kubectl reads YAML by go-yaml: `no` and `on` are booleans, `012` is ten, `0o14` twelve, `1_000` a thousand, but `1:30` and dates
 * stay text. That is YAML 1.1 without its times and with 1.2's octals (notes: 10 of 10 measured values equal).
 */
function kubectlTags(tags: Tags): Tags {
  const kept = tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (('format' in tag ? tag.format !== 'TIME' : true) && tag.tag !== 'tag:yaml.org,2002:timestamp'),
  );
  return [
    {
      identify: () => false,
      default: true,
      tag: 'tag:yaml.org,2002:int',
      test: /^0o[0-7]+$/,
      resolve: (text: string) => Number.parseInt(text.slice(2), 8),
    },
    ...kept,
  ];
}

/** Foreign manifests are large and deep: a bundle of CRDs has 20,000 nodes, 60 deep. */
const limits = { characters: 32_000_000, depth: 200, nodes: 500_000 } as const;

/** Splits a file into its documents; empty ones are left out. What is wrong with the YAML becomes problems. */
export function openDocuments(file: YamlFile, { dialect }: ReadOptions, problems: Problem[]): OpenDocument[] {
  const yaml =
    dialect === 'own'
      ? { version: '1.2' as const, merge: true }
      : { version: '1.1' as const, merge: true, customTags: kubectlTags };
  const hint = file.text.includes('${{')
    ? 'quote expressions that hold ": " or " #", or that stand inside {} or []'
    : undefined;
  const read = readYaml(file.file, file.text, { yaml, limits, hint });
  problems.push(...read.problems);
  return read.documents.map((document) => ({ document, lines: read.lines, file: { ...file, text: read.text } }));
}

/** Compiles a node of an open document; the whole of it by default. */
export function compileDocument(
  open: OpenDocument,
  options: ReadOptions,
  problems: Problem[],
  node: unknown = open.document.contents,
): TemplateDocument {
  const start = (node as { readonly range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
  const { line, col } = open.lines.linePos(start);
  const template = compileNode(node, contextOf(open, options, problems));
  const { document, lines } = open;
  return {
    file: open.file.file,
    position: { line: Math.max(1, line), column: Math.max(1, col) },
    template,
    source: { document, lines },
  };
}

/** Compiles a node that is an expression without `${{ }}`. */
export function compileCondition(open: OpenDocument, node: unknown, problems: Problem[]): PlacedExpression | undefined {
  return compileExpression(node, contextOf(open, { dialect: 'own', expressions: true }, problems));
}

function contextOf({ document, lines, file }: OpenDocument, options: ReadOptions, problems: Problem[]): CompileContext {
  return {
    file: file.file,
    text: file.text,
    lines,
    document,
    expressions: options.expressions,
    shortTags: options.shortTags ?? false,
    problems,
  };
}

/** Reads and compiles every document of a file. */
export function readDocuments(file: YamlFile, options: ReadOptions, problems: Problem[]): TemplateDocument[] {
  return openDocuments(file, options, problems).map((open) => compileDocument(open, options, problems));
}
