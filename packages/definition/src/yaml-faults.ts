import { type Alias, type Document, isAlias, isCollection, isMap, isNode, isSeq, type Node, type YAMLMap } from 'yaml';
import { keyText } from './positions.ts';
import type { Fault } from './problem.ts';

/** How much of a document is taken. */
export interface YamlLimits {
  readonly characters: number;
  /** Maps and lists inside each other. */
  readonly depth: number;
  /** Nodes, with what aliases stand for. */
  readonly nodes: number;
}

/** A fault of a document, and its offset in the text. */
export interface YamlFault {
  readonly offset: number;
  readonly fault: Fault;
}

/**
 * What the grammar of YAML allows and no reader of ours may meet: keys twice or that are no words, aliases of nothing, of what holds them
 * and that grow without end, nesting that would exhaust the stack. In linear time, where the parser's own check of keys is quadratic.
 */
export function yamlFaults(document: Document, limits: YamlLimits): YamlFault[] {
  const walk = new Walk(limits);
  walk.sizeOf(document.contents, 0);
  return walk.faults;
}

class Walk {
  readonly faults: YamlFault[] = [];
  readonly #limits: YamlLimits;
  /** Nodes of what was walked, with what its aliases stand for. */
  readonly #sizes = new Map<Node, number>();
  readonly #open = new Set<Node>();
  /** A name may be given again: an alias means the last before it. */
  readonly #anchors = new Map<string, Node>();
  readonly #said = new Set<string>();

  constructor(limits: YamlLimits) {
    this.#limits = limits;
  }

  sizeOf(node: unknown, depth: number): number {
    if (isAlias(node)) return this.#aliasSize(node);
    if (isNode(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (!isCollection(node)) return 1;
    if (depth >= this.#limits.depth) {
      this.#once(node, {
        code: 'TOO_DEEP',
        message: `maps and lists stand more than ${this.#limits.depth} deep in each other`,
        hint: 'a bracket is perhaps not closed',
      });
      return 1;
    }
    this.#open.add(node);
    if (isMap(node)) this.#checkKeys(node);
    const members = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : isSeq(node) ? node.items : [];
    const size = members.reduce<number>((sum, member) => sum + this.sizeOf(member, depth + 1), 1);
    this.#open.delete(node);
    this.#sizes.set(node, size);
    if (size > this.#limits.nodes) {
      this.#once(node, {
        code: 'DOCUMENT_TOO_LARGE',
        message: `the document has more than ${this.#limits.nodes} nodes`,
        hint: 'is it the right file? Aliases that hold aliases grow fast',
      });
    }
    return size;
  }

  #aliasSize(alias: Alias): number {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      const message = `nothing before *${alias.source} has the anchor &${alias.source}`;
      const hint = 'name an anchor that stands before; quote text that begins with *';
      this.#report(alias, { code: 'UNKNOWN_ALIAS', message, hint, value: alias.source });
      return 1;
    }
    if (!this.#open.has(target)) return this.#sizes.get(target) ?? 1;
    const message = `*${alias.source} stands inside of what it means`;
    this.#report(alias, { code: 'ALIAS_CIRCLE', message, hint: 'an alias cannot hold itself', value: alias.source });
    return 1;
  }

  #checkKeys(map: YAMLMap): void {
    const seen = new Set<string>();
    for (const { key, value } of map.items) {
      if (isCollection(key)) {
        this.#report(key, {
          code: 'WRONG_KEY',
          message: 'a key is a map or a list',
          hint: 'a key is one word; quote it',
        });
        continue;
      }
      const text = keyText(isAlias(key) ? this.#anchors.get(key.source) : key);
      if (seen.has(text) && text !== '<<') {
        const message = `the key ${JSON.stringify(text)} is there already`;
        this.#report(key, { code: 'DUPLICATE_KEY', message, hint: 'a key stands once in a map', value: text });
      }
      seen.add(text);
      if (text === '<<') this.#checkMerge(key, value);
    }
  }

  #checkMerge(key: unknown, value: unknown): void {
    const sources = isSeq(value) ? value.items : [value];
    const targets = sources.map((source) => (isAlias(source) ? this.#anchors.get(source.source) : source));
    const isUnknown = sources.some((source, index) => isAlias(source) && targets[index] === undefined);
    if (isUnknown || targets.every((target) => isMap(target))) return;
    const hint = '<<: *anchor of a map, or a list of such';
    this.#report(key, { code: 'WRONG_MERGE', message: '<< takes the keys of maps', hint });
  }

  #once(node: unknown, fault: Fault): void {
    if (this.#said.has(fault.code)) return;
    this.#said.add(fault.code);
    this.#report(node, fault);
  }

  #report(node: unknown, fault: Fault): void {
    const range = (node as { readonly range?: readonly number[] | null } | null)?.range;
    this.faults.push({ offset: range?.[0] ?? 0, fault });
  }
}
