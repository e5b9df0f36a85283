import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
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

interface Found {
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
    found = childOf(isAlias(found.node) ? found.node.resolve(document) : found.node, step);
    if (found === undefined) return undefined;
  }
  return found;
}

function childOf(node: Node | undefined, step: string | number): Found | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(step),
    );
    return pair === undefined ? undefined : { node: isNode(pair.value) ? pair.value : undefined, pair };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return isNode(item) ? { node: item } : undefined;
  }
  return undefined;
}
