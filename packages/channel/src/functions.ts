import {
  type CelFunc,
  type CelInput,
  CelScalar,
  type CelType,
  type CelValue,
  celFunc,
  celMethod,
  isCelMap,
  listType,
} from '@bufbuild/cel';
import { canonicalJson, sha256Hex } from '@roadstead/foundation';
import { Document, visit } from 'yaml';
import { toJson } from './cel-values.ts';

const { STRING, DYN, INT } = CelScalar;

/** Throws where a late value hides in what is about to become text. */
function settled(value: CelValue): ReturnType<typeof toJson> {
  const json = toJson(value);
  if (canonicalJson(json).includes('"$late"'))
    throw new Error('a late value cannot be computed with: it is known only when its stack is there');
  return json;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Names that AWS cuts off or refuses are cut here, and stay different: the end becomes a hash of the whole. */
function fitName(text: string, longest: bigint): string {
  const room = Number(longest);
  if (text.length <= room) return text;
  const hash = sha256Hex(text).slice(0, 8);
  if (room < hash.length + 2) throw new Error(`fitName() needs room for ${hash.length + 2} characters`);
  return `${text.slice(0, room - hash.length - 1).replace(/-+$/, '')}-${hash}`;
}

function indent(text: string, columns: bigint): string {
  return text.replaceAll('\n', `\n${' '.repeat(Number(columns))}`);
}

/** Plain text that one version of YAML or another reads as something else: `no`, `1:30`, `0o14`, `2024-01-02`, `<<`. */
const ambiguous = /^[-+]?[.\d]|^[-+]?e[-+]?\d|^(y|n|yes|no|on|off|true|false|null|~|=|<<)$/i;
/** Space at the ends, a last line break too, is lost where a block is cut, indented or stands in a longer text. */
const hasLooseEnds = /^\s|\s$/;

/** YAML that 1.1 (what runs on a node) and 1.2 read alike. */
function writeYaml(value: ReturnType<typeof toJson>): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, node) => {
      const { value: text } = node;
      if (typeof text === 'string' && (ambiguous.test(text) || hasLooseEnds.test(text))) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 }).trimEnd();
}

function entriesOf(value: CelValue): (readonly [string, CelValue])[] {
  if (!isCelMap(value)) throw new Error('not a map');
  return [...value].map(([key, member]) => [String(key), member] as const);
}

interface MimePart {
  readonly contentType: string;
  readonly content: string;
}

/** The boundary is fixed: the same parts are the same bytes, and so the same launch template. */
const boundary = 'roadstead-7f3a1c';

function mime(parts: readonly MimePart[]): string {
  const body = parts.map(
    ({ contentType, content }) => `--${boundary}\nContent-Type: ${contentType}\n\n${content.replace(/\n?$/, '\n')}`,
  );
  return `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n${body.join('\n')}\n--${boundary}--\n`;
}

function mimeParts(value: CelValue): MimePart[] {
  const parts = settled(value);
  if (!Array.isArray(parts)) throw new Error('mime() takes a list of {"contentType": …, "content": …}');
  return parts.map((part: unknown) => {
    const { contentType, content } = part as Partial<MimePart>;
    if (typeof contentType !== 'string' || typeof content !== 'string')
      throw new Error('a part of mime() needs contentType and content');
    if (content.includes(`--${boundary}`)) throw new Error('a part of mime() holds its boundary');
    return { contentType, content };
  });
}

/** A function that is called as `f(x, …)` and as `x.f(…)`. */
function both<R extends CelType>(
  name: string,
  target: CelType,
  rest: readonly CelType[],
  result: R,
  run: (...values: CelValue[]) => CelInput,
): CelFunc[] {
  return [
    celFunc(name, [target, ...rest], result, (...values: unknown[]) => run(...(values as CelValue[])) as CelInput<R>),
    celMethod(name, target, [...rest], result, function (this: unknown, ...values: unknown[]) {
      return run(this as CelValue, ...(values as CelValue[])) as CelInput<R>;
    }),
  ];
}

/**
 * What expressions can call besides CEL's own functions and its strings extension. `README.md` lists them for people,
 * `function-types.ts` for the checker.
 */
export const templateFunctions: readonly CelFunc[] = [
  ...both('shellQuote', STRING, [], STRING, (text) => shellQuote(text as string)),
  ...both('toJson', DYN, [], STRING, (value) => canonicalJson(settled(value))),
  ...both('toYaml', DYN, [], STRING, (value) => writeYaml(settled(value))),
  ...both('base64', STRING, [], STRING, (text) => Buffer.from(text as string).toString('base64')),
  ...both('sha256Short', STRING, [], STRING, (text) => sha256Hex(text as string).slice(0, 8)),
  ...both('fitName', STRING, [INT], STRING, (text, longest) => fitName(text as string, longest as bigint)),
  ...both('indent', STRING, [INT], STRING, (text, columns) => indent(text as string, columns as bigint)),
  ...both(
    'merge',
    DYN,
    [DYN],
    DYN,
    (first, second) => new Map([...entriesOf(first), ...entriesOf(second)]) as CelInput,
  ),
  ...both(
    'compact',
    DYN,
    [],
    DYN,
    (map) => new Map(entriesOf(map).filter(([, member]) => member !== null)) as CelInput,
  ),
  celFunc('mime', [listType(DYN)], STRING, (parts) => mime(mimeParts(parts as CelValue))),
];
