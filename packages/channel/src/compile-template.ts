import { type Fault, type Problem, problemAt } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { isExpression, parseExpression } from './cel.ts';
import { longForm } from './cloudformation-tags.ts';
import { splitText, type TextPart } from './lexer.ts';
import { scalarPositions } from './scalar-position.ts';
import type { DirectiveTemplate, PlacedExpression, Template, TemplateEntry } from './template.ts';

/** What a node is compiled with. */
export interface CompileContext {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly document: Document;
  /** False takes a foreign file as it is: no expressions, no directives. */
  readonly expressions: boolean;
  /** True reads CloudFormation's short tags. */
  readonly shortTags: boolean;
  readonly problems: Problem[];
}

/** Compiles a YAML node. What is wrong goes to `context.problems`, and the part becomes null. */
export function compileNode(node: unknown, context: CompileContext): Template {
  return new Compiler(context).compile(node);
}

/** Compiles a node that is an expression without `${{ }}`. */
export function compileExpression(node: unknown, context: CompileContext): PlacedExpression | undefined {
  return new Compiler(context).bare(node);
}

const nothing: Template = { kind: 'value', value: null };

class Compiler {
  readonly #context: CompileContext;
  readonly #anchors = new Map<string, Node | undefined>();

  constructor(context: CompileContext) {
    this.#context = context;
  }

  compile(node: unknown, inSub = false): Template {
    const template = this.#compile(node, inSub);
    return template.node === undefined && isNode(node) ? { ...template, node } : template;
  }

  #compile(node: unknown, inSub: boolean): Template {
    if (isAlias(node)) return this.compile(this.#anchored(node), inSub);
    if (isScalar(node)) return this.#tagged(node, this.#scalar(node, inSub || node.tag === '!Sub'));
    if (isSeq(node)) {
      const isSub = inSub || node.tag === '!Sub';
      return this.#tagged(
        node,
        folded({ kind: 'list', items: node.items.map((item, index) => this.compile(item, isSub && index === 0)) }),
      );
    }
    if (isMap(node)) return this.#tagged(node, this.#map(node));
    return nothing;
  }

  /** Anchors of one name may follow each other: what an alias means depends on where it stands, so only single ones are kept. */
  #anchored(alias: Alias): Node | undefined {
    const place = `${alias.source}@${alias.range?.[0] ?? ''}`;
    if (!this.#anchors.has(place)) this.#anchors.set(place, alias.resolve(this.#context.document));
    return this.#anchors.get(place);
  }

  #tagged(node: Node, template: Template): Template {
    const { tag } = node as { readonly tag?: string };
    if (tag === undefined || !tag.startsWith('!') || tag === '!') return template;
    const form = this.#context.shortTags ? longForm(tag) : undefined;
    if (form === undefined) {
      const hint = this.#context.shortTags
        ? "CloudFormation's short tags are read: !Ref, !Sub, !GetAtt …"
        : 'remove the tag';
      this.#report(node, 0, { code: 'UNKNOWN_TAG', message: `the tag ${tag} is not known here`, hint });
      return template;
    }
    const body: Template = form === 'Fn::GetAtt' ? attribute(template) : template;
    return folded({ kind: 'map', entries: [{ key: form, value: body }] });
  }

  #scalar(node: Scalar, inSub: boolean): Template {
    const { value } = node;
    if (typeof value !== 'string' || !this.#context.expressions || !value.includes('${{'))
      return { kind: 'value', value: plain(value) };
    const split = splitText(value);
    if ('error' in split) {
      this.#report(node, split.error.offset, {
        code: 'UNFINISHED_EXPRESSION',
        message: split.error.message,
        hint: split.error.hint,
      });
      return nothing;
    }
    const parts = split.parts.map((part) => (part.kind === 'text' ? part.text : this.#expression(node, part)));
    if (parts.some((part) => part === undefined)) return nothing;
    const [first] = parts;
    if (parts.length === 1 && typeof first === 'object' && !inSub) return { kind: 'expression', held: first };
    if (parts.every((part) => typeof part === 'string')) return { kind: 'value', value: parts.join('') };
    return { kind: 'text', parts: parts.filter((part) => part !== undefined), inSub };
  }

  #expression(node: Scalar, part: Extract<TextPart, { kind: 'expression' }>): PlacedExpression | undefined {
    const positions = scalarPositions(node, this.#context.text, this.#context.lines);
    const parsed = parseExpression(part.source);
    if (isExpression(parsed))
      return { expression: parsed, file: this.#context.file, at: (offset) => positions(part.offset + offset) };
    const hint = part.source === '' ? 'write an expression between the braces' : undefined;
    this.#report(node, part.offset + parsed.offset, {
      code: 'EXPRESSION_SYNTAX',
      message: `${part.source}: ${parsed.message}`,
      hint,
    });
    return undefined;
  }

  #map(node: YAMLMap): Template {
    const keys = node.items.map((item) => keyOf(item.key));
    if (this.#context.expressions && isDirective(keys)) return this.#directive(node);
    if (this.#context.expressions) this.#refuseStrayDirective(node, keys);
    const entries: TemplateEntry[] = [];
    for (const [index, item] of node.items.entries()) {
      const key = keys[index] ?? '';
      if (key === '<<') {
        entries.unshift(...this.#merged(item.value, new Set(keys)));
        continue;
      }
      const inSub = key === 'Fn::Sub';
      const value =
        inSub && isSeq(item.value)
          ? folded({ kind: 'list', items: item.value.items.map((one, at) => this.compile(one, at === 0)) })
          : this.compile(item.value, inSub);
      entries.push({
        key,
        value: key === 'Fn::GetAtt' ? attribute(value) : value,
        ...(isNode(item.key) ? { keyNode: item.key } : {}),
      });
    }
    return folded({ kind: 'map', entries });
  }

  #merged(value: unknown, own: ReadonlySet<string>): TemplateEntry[] {
    const source = isAlias(value) ? this.#anchored(value) : value;
    const maps = isSeq(source) ? source.items : [source];
    const taken = new Set(own);
    return maps
      .map((one) => this.compile(one))
      .flatMap((one) => (one.kind === 'map' ? one.entries : one.kind === 'value' ? plainEntries(one.value) : []))
      .filter(({ key }) => !taken.has(key) && taken.add(key));
  }

  #refuseStrayDirective(node: YAMLMap, keys: readonly string[]): void {
    const stray = keys.findIndex((key) => key === 'forEach' || key === 'includeWhen');
    if (stray < 0 || !keys.includes('template')) return;
    this.#report(node.items[stray]?.key, 0, {
      code: 'MISPLACED_DIRECTIVE',
      message: `${keys[stray]} and template stand together with ${keys.filter((key) => !directiveKeys.includes(key)).join(', ')}`,
      hint: 'only includeWhen, forEach, keySuffix and template stand together; expressions: false in component.yaml takes a foreign manifest as it is',
    });
  }

  #directive(node: YAMLMap): Template {
    const part = (key: string): unknown => node.items.find((item) => keyOf(item.key) === key)?.value;
    const body = this.compile(part('template'));
    if (body.kind === 'directive') this.#refuseNested(part('template'));
    const includeWhen = part('includeWhen') === undefined ? undefined : this.bare(part('includeWhen'));
    const keySuffix = part('keySuffix') === undefined ? undefined : this.bare(part('keySuffix'));
    const directive: DirectiveTemplate = {
      kind: 'directive',
      forEach: part('forEach') === undefined ? [] : this.#loops(part('forEach')),
      body,
      ...(includeWhen === undefined ? {} : { includeWhen }),
      ...(keySuffix === undefined ? {} : { keySuffix }),
    };
    return directive;
  }

  #refuseNested(node: unknown): void {
    this.#report(node, 0, {
      code: 'MISPLACED_DIRECTIVE',
      message: 'a template is itself a template with includeWhen or forEach',
      hint: 'join them: forEach takes several variables, each may use those before it; includeWhen stands beside',
    });
  }

  #loops(node: unknown): DirectiveTemplate['forEach'] {
    const items = isSeq(node) ? node.items : [];
    const loops = items.map((item) => {
      const pair = isMap(item) && item.items.length === 1 ? item.items[0] : undefined;
      const variable = pair === undefined ? '' : writtenKey(pair.key);
      const list = pair === undefined ? undefined : this.bare(pair.value);
      return isVariable(variable) && list !== undefined ? { variable, list } : undefined;
    });
    if (loops.length === 0 || loops.some((loop) => loop === undefined)) {
      this.#report(node, 0, {
        code: 'WRONG_FOR_EACH',
        message: 'forEach is a list of variables, each with its list',
        hint: 'forEach: [{pool: cluster.nodePools}]',
      });
    }
    return loops.filter((loop) => loop !== undefined);
  }

  /** An expression without `${{ }}`, which are allowed all the same. */
  bare(node: unknown): PlacedExpression | undefined {
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'boolean')) {
      const text = String(node.value);
      const split = splitText(text);
      const only = 'parts' in split && split.parts.length === 1 ? split.parts[0] : undefined;
      return this.#expression(
        node,
        only?.kind === 'expression' ? only : { kind: 'expression', source: text, offset: 0 },
      );
    }
    this.#report(node, 0, {
      code: 'EXPRESSION_SYNTAX',
      message: 'an expression is text',
      hint: 'quote it where YAML reads something else',
    });
    return undefined;
  }

  #report(node: unknown, offset: number, fault: Fault): void {
    const { file, text, lines, problems } = this.#context;
    const positions = isScalar(node) ? scalarPositions(node, text, lines) : undefined;
    const start = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0] ?? 0;
    const { line, col } = lines.linePos(start);
    problems.push(problemAt(file, positions?.(offset) ?? { line: Math.max(1, line), column: Math.max(1, col) }, fault));
  }
}

const directiveKeys: readonly string[] = ['includeWhen', 'forEach', 'keySuffix', 'template'];

function isDirective(keys: readonly string[]): boolean {
  return (
    keys.includes('template') &&
    (keys.includes('includeWhen') || keys.includes('forEach')) &&
    keys.every((key) => directiveKeys.includes(key))
  );
}

function keyOf(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? '<<' : String(value);
}

/** As it stands in the file: YAML 1.1 reads the variable `y` as true. */
function writtenKey(key: unknown): string {
  return isScalar(key) && typeof key.source === 'string' ? key.source : keyOf(key);
}

/** Words that CEL keeps for itself (language definition, "Syntax"). */
const reservedWords =
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  );

function isVariable(name: string): boolean {
  return /^[a-z]\w*$/i.test(name) && !reservedWords.includes(name);
}

function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

function plainEntries(value: Json): TemplateEntry[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([key, member]) => ({ key, value: { kind: 'value', value: member as Json } }));
}

/** Turns what holds no expression into plain JSON. */
function folded(template: Extract<Template, { kind: 'list' | 'map' }>): Template {
  if (template.kind === 'list') {
    const values = template.items.map((item) => (item.kind === 'value' ? item : undefined));
    return values.every((item) => item !== undefined)
      ? { kind: 'value', value: values.map((item) => item.value) }
      : template;
  }
  const entries = template.entries.map(({ key, value }) =>
    value.kind === 'value' ? ([key, value.value] as const) : undefined,
  );
  return entries.every((entry) => entry !== undefined)
    ? { kind: 'value', value: Object.fromEntries(entries) }
    : template;
}

function attribute(template: Template): Template {
  if (template.kind === 'list' || template.kind === 'directive') return template;
  const content: Template =
    template.kind === 'value'
      ? { kind: 'value', value: splitAttribute(template.value) }
      : { kind: 'attribute', body: template };
  return template.node === undefined ? content : { ...content, node: template.node };
}

/** `Role.Arn` becomes `["Role", "Arn"]`, what JSON templates want. */
export function splitAttribute(value: Json): Json {
  if (typeof value !== 'string') return value;
  const dot = value.indexOf('.');
  return dot < 0 ? value : [value.slice(0, dot), value.slice(dot + 1)];
}
