import { messageOf } from '@roadstead/foundation';
import { type Document, type ParsedNode, parseAllDocuments, type ScalarTag, type Tags, type YAMLError } from 'yaml';

/**
 * kubectl reads YAML by rules of its own, between 1.1 and 1.2: `yes`/`no`/`on`/`off`/`y`/`n` are booleans, `012` is 10,
 * `0o14` is 12, `1_000` is 1000, and `1:30` and dates are text. The `yaml` package's 1.1 schema comes near when its
 * sexagesimal and timestamp tags are left out and `0o` integers are put in.
 */
export function kubectlTags(tags: Tags): Tags {
  const kept = tags.filter(
    (tag) => typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== 'tag:yaml.org,2002:timestamp'),
  );
  return [
    ...kept.filter((tag) => tag !== 'binary' && (typeof tag === 'string' || tag.tag !== binaryText.tag)),
    modernOctal,
    binaryText,
  ];
}

/** JSON has no bytes: kubectl hands on what the base64 stands for, as text. */
const binaryText: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text: string) => Buffer.from(text, 'base64').toString('utf8'),
};

const modernOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^[-+]?0o[0-7]+$/,
  resolve: (text: string) => {
    const digits = text.replace(/^[-+]?0o/, '');
    return (text.startsWith('-') ? -1 : 1) * Number.parseInt(digits, 8);
  },
};

export interface YamlDocument {
  readonly value: unknown;
  /** Why it is not YAML, and where, as a character offset. */
  readonly errors: readonly { readonly message: string; readonly offset: number }[];
  /** Where the value at a path begins, as a character offset; falls back to the nearest parent. */
  offsetOf(path: readonly (string | number)[]): number;
}

/** All documents of a file; empty ones are left out. Aliases may expand to 100 nodes each: enough for people, too few for a bomb. */
export function parseKubectlYaml(text: string): readonly YamlDocument[] {
  const documents = parseAllDocuments<ParsedNode>(text, {
    version: '1.1',
    customTags: kubectlTags,
    uniqueKeys: true,
    merge: true,
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const start = document.contents?.range[0] ?? document.range[0];
    const { value, errors } = valueOf(document, start);
    if (errors.length === 0 && (value === null || value === undefined)) return [];
    return [{ value, errors, offsetOf: (path) => offsetIn(document, path) ?? start }];
  });
}

function valueOf(document: Document.Parsed, start: number): Pick<YamlDocument, 'value' | 'errors'> {
  const errors = document.errors.map((error) => ({ message: plainMessage(error), offset: error.pos[0] }));
  if (errors.length > 0) return { value: undefined, errors };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), errors };
  } catch (error) {
    return { value: undefined, errors: [{ message: messageOf(error), offset: start }] };
  }
}

/** The parser's message without its own position and excerpt. */
function plainMessage(error: YAMLError): string {
  return error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? '';
}

function offsetIn(
  document: { getIn(path: readonly unknown[], keepScalar: boolean): unknown },
  path: readonly (string | number)[],
): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return undefined;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
