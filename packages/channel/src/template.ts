import type { Position } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import type { Document, LineCounter, Node } from 'yaml';
import type { Expression } from './cel.ts';

/** An expression and its place in the channel, for messages. */
export interface PlacedExpression {
  readonly expression: Expression;
  readonly file: string;
  /** The place of a character of the source. */
  readonly at: (offset: number) => Position;
}

/** A YAML node of a channel, compiled. `node` is where it was written; what nobody wrote has none. */
export type Template = TemplateContent & { readonly node?: Node };

/** What holds no expression is plain JSON, shared by every render. */
type TemplateContent =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'expression'; readonly held: PlacedExpression }
  | { readonly kind: 'text'; readonly parts: readonly (string | PlacedExpression)[]; readonly inSub: boolean }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'map'; readonly entries: readonly TemplateEntry[] }
  /** `Fn::GetAtt` in its short form, whose text is split at the first dot once it is known. */
  | { readonly kind: 'attribute'; readonly body: Template }
  | DirectiveTemplate;

export interface TemplateEntry {
  readonly key: string;
  readonly value: Template;
  readonly keyNode?: Node;
}

/** `includeWhen` and `forEach` beside `template`. */
export interface DirectiveTemplate {
  readonly kind: 'directive';
  readonly includeWhen?: PlacedExpression;
  readonly forEach: readonly { readonly variable: string; readonly list: PlacedExpression }[];
  /** Appended to the key, for each turn of a `forEach` in a map. */
  readonly keySuffix?: PlacedExpression;
  readonly body: Template;
}

/** A compiled document and the file it came from. */
export interface TemplateDocument {
  readonly file: string;
  readonly position: Position;
  readonly template: Template;
  /** The file as it was read, for the places of what comes out of it. */
  readonly source: { readonly document: Document; readonly lines: LineCounter };
}
