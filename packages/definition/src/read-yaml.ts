import {
  type Document,
  isScalar,
  LineCounter,
  type ParseOptions,
  parseAllDocuments,
  type SchemaOptions,
  type YAMLError,
} from 'yaml';
import type { Position } from './positions.ts';
import { type Fault, type Problem, problemAt } from './problem.ts';
import { type YamlLimits, yamlFaults } from './yaml-faults.ts';

export interface ReadYamlOptions {
  /** Of the parser: version, tags, merge keys. */
  readonly yaml: ParseOptions & SchemaOptions & { readonly version: '1.1' | '1.2' };
  readonly limits: YamlLimits;
  /** Said for a syntax error that has no hint of its own. */
  readonly hint?: string | undefined;
}

/** A file of YAML: its documents that hold something and are right, and what is wrong with it. */
export interface YamlText {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
  /** The text that was read: without byte order mark, lines ended by `\n` or `\r\n`. */
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** Errors of the grammar follow from each other: what is said beyond these only confuses. */
const mostSyntaxErrors = 3;

/** Reads YAML that a person wrote. Never throws; documents without content are left out, as kubectl does. */
export function readYaml(file: string, given: string, { yaml, limits, hint }: ReadYamlOptions): YamlText {
  const text = given.replace(/^\uFEFF/, '').replaceAll(/\r(?!\n)/g, '\n');
  const lines = lineCounterOf(text);
  if (text.length > limits.characters) return { documents: [], lines, text, problems: [tooLarge(file, limits)] };
  const parsed = parseAllDocuments(text, { ...yaml, prettyErrors: false, uniqueKeys: false });
  const all: readonly Document.Parsed[] = 'empty' in parsed ? [] : parsed;
  const placed = (offset: number, fault: Fault): Problem => problemAt(file, positionAt(lines, offset), fault);
  const unreadable = textFault(text);
  if (unreadable !== undefined)
    return { documents: [], lines, text, problems: [placed(unreadable.offset, unreadable.fault)] };
  const errors = all.flatMap((document) => document.errors).slice(0, mostSyntaxErrors);
  const problems = errors.map((error) => placed(error.pos[0], syntaxFault(error, text, hint)));
  const whole = all.filter((document) => document.errors.length === 0 && !isEmpty(document));
  const documents: Document.Parsed[] = [];
  for (const document of whole) {
    const faults = yamlFaults(document, limits);
    problems.push(...faults.map(({ offset, fault }) => placed(offset, fault)));
    if (faults.length === 0) documents.push(document);
  }
  return { documents, lines, text, problems };
}

/** The parser's own count misses lines that it skips after a mistake. */
function lineCounterOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  return lines;
}

function tooLarge(file: string, { characters }: YamlLimits): Problem {
  const message = `the file has more than ${characters} characters`;
  return problemAt(
    file,
    { line: 1, column: 1 },
    { code: 'DOCUMENT_TOO_LARGE', message, hint: 'is it the right file?' },
  );
}

/** `---` alone begins a document that holds nothing. */
function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && (contents.source ?? '') === '');
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** What makes a file no text of a person, whatever its grammar. */
function textFault(text: string): { readonly offset: number; readonly fault: Fault } | undefined {
  const conflict = /^(<{7}|>{7}) /m.exec(text);
  if (conflict !== null) {
    const message = 'a merge conflict is left in the file';
    return {
      offset: conflict.index,
      fault: { code: 'MERGE_CONFLICT', message, hint: 'keep one side, without <<<<<<<' },
    };
  }
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const foreign = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/.exec(text);
  if (foreign === null) return undefined;
  const code = `U+${foreign[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  const message = `the file is not UTF-8 text: it holds ${code}`;
  return {
    offset: foreign.index,
    fault: { code: 'NOT_TEXT_FILE', message, hint: 'save it as UTF-8, without control characters' },
  };
}

function syntaxFault(error: YAMLError, text: string, hint: string | undefined): Fault {
  const { code, message } = error;
  if (/call stack/.test(message))
    return {
      code: 'TOO_DEEP',
      message: 'maps and lists stand too deep in each other',
      hint: 'a bracket is perhaps not closed',
    };
  return {
    code: 'YAML_SYNTAX',
    message,
    hint: syntaxHints[code] ?? invisibleHint(text) ?? hint ?? bracketHint(message),
  };
}

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'align the keys of a map',
};

/** Spaces that YAML does not take for such, and that no editor shows. */
function invisibleHint(text: string): string | undefined {
  const found = /[\u00A0\u2000-\u200D\u2028\u2029\u202F\u2060\u3000\uFEFF]/.exec(text);
  if (found === null) return undefined;
  const before = text.slice(0, found.index).split('\n');
  const code = `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1} holds ${code}, which is no space to YAML`;
}

function bracketHint(message: string): string | undefined {
  return /end with a [\]}]/.test(message) ? 'a bracket that was opened is not closed' : undefined;
}
