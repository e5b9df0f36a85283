import { childOf, type Path, type Position, type PositionIndex } from '@roadstead/definition';
import { isScalar, type Node } from 'yaml';
import type { Bindings } from './cel.ts';
import { longForm } from './cloudformation-tags.ts';
import type { PlacedExpression, Template, TemplateDocument, TemplateEntry } from './template.ts';
import { keyOfTurn, turns } from './turns.ts';

/** A part of a template as far as a path leads to one. */
interface Spot {
  readonly node?: Node | undefined;
  /** Where the part is what an expression gives. */
  readonly held?: PlacedExpression;
  /** The key that names the part; only for the end of a path. */
  readonly keyNode?: Node | undefined;
}

/**
 * Where the parts of a rendered value stand in their file. A path leads through what was rendered, `forEach` and `includeWhen` included, back to
 * what was written: the same expressions are asked again. Nothing is kept while rendering, so only what is wrong pays for its place.
 */
export function placesOf(document: TemplateDocument, body: Template, bindings: Bindings): PositionIndex {
  const find = (path: Path): Spot => follow(document, body, { bindings, path });
  const positionOf = ({ held, node }: Spot): Position => held?.at(0) ?? startOf(document, node) ?? document.position;
  return {
    value: (path) => positionOf(find(path)),
    key: (path) => {
      const spot = find(path);
      return startOf(document, spot.keyNode) ?? positionOf(spot);
    },
    source: (path) => {
      const { held, node } = find(path);
      return held === undefined && isScalar(node) ? node.source : undefined;
    },
  };
}

/** The places of what stands at a path. */
export function placesUnder(places: PositionIndex, start: Path): PositionIndex {
  return {
    value: (path) => places.value([...start, ...path]),
    key: (path) => places.key([...start, ...path]),
    source: (path) => places.source([...start, ...path]),
  };
}

function startOf({ source }: TemplateDocument, node: Node | undefined): Position | undefined {
  const range = node?.range;
  if (range === undefined || range === null) return undefined;
  const { line, col } = source.lines.linePos(range[0]);
  return { line, column: col };
}

interface Step {
  readonly bindings: Bindings;
  readonly path: Path;
}

/** A part that was found, and the scope in which it was rendered. */
interface Part {
  readonly template: Template;
  readonly scope: Bindings;
  readonly keyNode?: Node | undefined;
}

function follow(document: TemplateDocument, template: Template, { bindings, path }: Step): Spot {
  const here: Spot = template.kind === 'expression' ? { held: template.held } : { node: template.node };
  const [step, ...rest] = path;
  if (template.kind === 'directive') {
    const [first] = turns(template, bindings);
    return first === undefined ? here : follow(document, template.body, { bindings: first.scope, path });
  }
  if (template.kind === 'attribute') return { ...here, ...follow(document, template.body, { bindings, path: [] }) };
  if (step === undefined) return here;
  if (template.kind === 'value') return followNode(document, template.node, path);
  const part =
    template.kind === 'list'
      ? itemAt(template.items, step, bindings)
      : template.kind === 'map'
        ? memberAt(template.entries, step, bindings)
        : undefined;
  if (part === undefined) return here;
  const found = follow(document, part.template, { bindings: part.scope, path: rest });
  const spot = found.held === undefined && found.node === undefined ? { ...here, ...found } : found;
  return rest.length === 0 ? { ...spot, keyNode: part.keyNode } : spot;
}

function itemAt(items: readonly Template[], index: string | number, bindings: Bindings): Part | undefined {
  let before = 0;
  for (const item of items) {
    const parts: Part[] =
      item.kind === 'directive'
        ? turns(item, bindings).map(({ scope }) => ({ template: item.body, scope }))
        : [{ template: item, scope: bindings }];
    const found = parts[Number(index) - before];
    if (found !== undefined) return found;
    before += parts.length;
  }
  return undefined;
}

function memberAt(entries: readonly TemplateEntry[], step: string | number, bindings: Bindings): Part | undefined {
  for (const { key, value, keyNode } of entries) {
    if (value.kind !== 'directive') {
      if (key === String(step)) return { template: value, scope: bindings, keyNode };
      continue;
    }
    const turn = turns(value, bindings).find(({ scope }) => keyOfTurn(key, value, scope) === String(step));
    if (turn !== undefined) return { template: value.body, scope: turn.scope, keyNode };
  }
  return undefined;
}

/** Inside plain YAML. A short tag stands for a map of one key: `!Ref Vpc` for `Ref: Vpc`. */
function followNode(document: TemplateDocument, start: Node | undefined, path: Path): Spot {
  let node = start;
  let keyNode: Node | undefined;
  for (const [index, step] of path.entries()) {
    if (node?.tag !== undefined && longForm(node.tag) === step) continue;
    const found = childOf(document.source.document, node, step);
    if (found?.node === undefined) return { node };
    node = found.node;
    const key = found.pair?.key as Node | undefined;
    keyNode = index === path.length - 1 ? key : undefined;
  }
  return { node, keyNode };
}
