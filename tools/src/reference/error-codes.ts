import { type Token, tokensOf } from './tokens.ts';

/** One way in which a code is told. A text that the source builds elsewhere is empty. */
export interface ErrorUse {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const codeForm = /^[A-Z][A-Z0-9]{2,}(_[A-Z0-9]+)*$/;

/**
 * The codes that a source gives out: members called `code` of an object with the message and hint beside them (or before
 * it, as `new RoadsteadError(message, {…})` has it), and calls of the form `report('CODE', message, hint)`.
 */
export function errorUsesOf(source: string): readonly ErrorUse[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, index) =>
    token.text === 'code' && token.kind === 'word' && tokens[index + 1]?.text === ':' && tokens[index - 1]?.text !== '.'
      ? usesOfMember(tokens, index)
      : usesOfCall(tokens, index),
  );
}

function usesOfMember(tokens: readonly Token[], index: number): readonly ErrorUse[] {
  const open = openingOf(tokens, index);
  if (open === undefined || tokens[open]?.text !== '{') return [];
  const members = membersOf(tokens, open);
  const codes = (members.get('code') ?? []).filter(({ kind, text }) => kind === 'string' && codeForm.test(text));
  const message = textOf(members.get('message') ?? argumentBefore(tokens, open));
  return codes.map(({ text }) => ({ code: text, message, hint: textOf(members.get('hint') ?? []) }));
}

const reporters = new Set(['report', 'refuse', '#refuse']);

function usesOfCall(tokens: readonly Token[], index: number): readonly ErrorUse[] {
  const token = tokens[index];
  if (token?.kind !== 'string' || !codeForm.test(token.text)) return [];
  const open = openingOf(tokens, index);
  if (open === undefined || tokens[open]?.text !== '(' || !reporters.has(tokens[open - 1]?.text ?? '')) return [];
  const parts = partsOf(tokens, open);
  const at = parts.findIndex((part) => part[0] === token);
  if (at === -1) return [];
  return [{ code: token.text, message: textOf(parts[at + 1] ?? []), hint: textOf(parts[at + 2] ?? []) }];
}

const openers = '({[';
const closers = ')}]';

/** Where the innermost bracket around a token opens. */
function openingOf(tokens: readonly Token[], index: number): number | undefined {
  let depth = 0;
  for (let at = index - 1; at >= 0; at--) {
    const { kind, text } = tokens[at] as Token;
    if (kind !== 'mark') continue;
    if (closers.includes(text)) depth += 1;
    if (openers.includes(text)) {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return undefined;
}

/** What stands between the commas inside a bracket. */
function partsOf(tokens: readonly Token[], open: number): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(open + 1)) {
    const mark = token.kind === 'mark' ? token.text : '';
    if (mark !== '' && closers.includes(mark)) {
      if (depth === 0) return parts;
      depth -= 1;
    }
    if (mark !== '' && openers.includes(mark)) depth += 1;
    if (mark === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function membersOf(tokens: readonly Token[], open: number): ReadonlyMap<string, readonly Token[]> {
  return new Map(
    partsOf(tokens, open).flatMap((part): [string, readonly Token[]][] => {
      const [name, colon, ...value] = part;
      return name !== undefined && colon?.text === ':' ? [[name.text, value]] : [];
    }),
  );
}

/** The argument before an object that is the last one of a call. */
function argumentBefore(tokens: readonly Token[], open: number): readonly Token[] {
  const call = openingOf(tokens, open);
  if (call === undefined || tokens[call]?.text !== '(') return [];
  return partsOf(tokens, call)[0] ?? [];
}

/** The strings of an expression but those that it compares with; two branches are two texts. */
function textOf(expression: readonly Token[]): string {
  const texts = expression.filter(
    ({ kind, text }, index) => kind === 'string' && text.length > 3 && expression[index - 1]?.text !== '=',
  );
  return texts
    .map(({ text }) => text.replaceAll(/\s+/g, ' ').trim())
    .filter((text) => text !== '' && text !== '…')
    .join(' / ');
}
