import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** Counted from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Path = readonly (string | number)[];

/** Where the parts of a YAML document stand in its file. */
export interface PositionIndex {
  /** Of the value at a path; where there is none, of the nearest parent that exists. */
  value(path: Path): Position;
  /** Of the key that names the value at a path; falls back as `value` does. */
  key(path: Path): Position;
  /** The text of a scalar as the file has it, `1.30` for what YAML reads as 1.3. */
  source(path: Path): string | undefined;
}

/** Looks a document up; `lines` is the counter that the document was parsed with. */
export function positionIndex(document: Document, lines: LineCounter): PositionIndex {
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const startOf = (node: Node | null | undefined): Position | undefined =>
    node?.range === undefined || node.range === null ? undefined : at(node.range[0]);
  return {
    value: (path) => nearest(document, path, (found) => startOf(found.node)) ?? { line: 1, column: 1 },
    key: (path) =>
      nearest(document, path, (found, depth) =>
        depth === path.length && isNode(found.pair?.key) ? startOf(found.pair.key) : startOf(found.node),
      ) ?? { line: 1, column: 1 },
    source: (path) => {
      const { node } = walk(document, path) ?? {};
      return isScalar(node) && typeof node.source === 'string' ? node.source : undefined;
    },
  };
}

/** A node of a document; `pair` where it is the value of a key. */
export interface Found {
  readonly node: Node | undefined;
  readonly pair?: Pair;
}

function nearest(
  document: Document,
  path: Path,
  positionOf: (found: Found, depth: number) => Position | undefined,
): Position | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const found = walk(document, path.slice(0, depth));
    const position = found === undefined ? undefined : positionOf(found, depth);
    if (position !== undefined) return position;
  }
  return undefined;
}

function walk(document: Document, path: Path): Found | undefined {
  let found: Found | undefined = { node: document.contents ?? undefined };
  for (const step of path) {
    found = childOf(document, found.node, step);
    if (found === undefined) return undefined;
  }
  return found;
}

/** The node at one step into a node, through aliases and merge keys (`<<`), with the pair that holds it in a map. */
export function childOf(
  document: Document,
  parent: Node | undefined,
  step: string | number,
  merges: number = deepestMerge,
): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isMap(node)) return memberOf(document, node, step, merges);
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return isNode(item) ? { node: item } : undefined;
  }
  return undefined;
}

/** Merge keys that are followed into each other: an anchor may merge itself. */
const deepestMerge = 16;

function memberOf(document: Document, map: YAMLMap, step: string | number, merges: number): Found | undefined {
  const pair = map.items.find((item) => keyText(item.key) === String(step));
  if (pair !== undefined) return { node: isNode(pair.value) ? pair.value : undefined, pair };
  if (merges === 0) return undefined;
  for (const merged of map.items.filter((item) => keyText(item.key) === '<<')) {
    const from = isAlias(merged.value) ? merged.value.resolve(document) : merged.value;
    for (const source of isSeq(from) ? from.items : [from]) {
      const found = isNode(source) ? childOf(document, source, step, merges - 1) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A key as text; a merge key is `<<`, an empty one ``. */
export function keyText(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? '<<' : String(value ?? '');
}
