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
  const message = textOf(valueOf(tokens, open, members.get('message') ?? argumentBefore(tokens, open)));
  const hint = textOf(valueOf(tokens, open, members.get('hint') ?? []));
  return codes.map(({ text }) => ({ code: text, message, hint }));
}

/** An expression, or what the nearest assignment above gives to it where it is a name alone. */
function valueOf(tokens: readonly Token[], before: number, expression: readonly Token[]): readonly Token[] {
  const [name] = expression;
  if (expression.length !== 1 || name?.kind !== 'word') return expression;
  for (let at = before - 1; at > 0; at--) {
    const isAssigned = tokens[at]?.text === '=' && tokens[at - 1]?.text === name.text && tokens[at + 1]?.text !== '=';
    if (isAssigned) return statementFrom(tokens, at + 1);
  }
  return expression;
}

function statementFrom(tokens: readonly Token[], start: number): readonly Token[] {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as Token;
    if (kind !== 'mark') continue;
    if (openers.includes(text)) depth += 1;
    if (closers.includes(text)) depth -= 1;
    if (text === ';' && depth === 0) return tokens.slice(start, at);
  }
  return [];
}

const reporters = new Set(['report', 'refuse', '#refuse']);

function usesOfCall(tokens: readonly Token[], index: number): readonly ErrorUse[] {
  const token = tokens[index];
  if (token?.kind !== 'string' || !codeForm.test(token.text)) return [];
  const open = openingOf(tokens, index);
  if (open === undefined || tokens[open]?.text !== '(' || !reporters.has(tokens[open - 1]?.text ?? '')) return [];
  const parts = partsOf(tokens, open);
  const at = parts.findIndex((part) => part[0] === token);
  // Anything further back is a status that is reported, as of progress.
  if (at !== 0 && at !== 1) return [];
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
      if (name?.kind === 'word' && colon === undefined) return [[name.text, part]];
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
