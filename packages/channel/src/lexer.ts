/** A scalar of a template in parts. Offsets count from the start of the scalar's text. */
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number };

export interface LexError {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

export type SplitText = { readonly parts: readonly TextPart[] } | { readonly error: LexError };

const open = '${{';

/**
 * Splits a scalar at its `${{ … }}`. `$${{` is a literal `${{`. The end of an expression is found by reading CEL's own
 * tokens, so that `}}` inside strings, maps and comments is not one.
 */
export function splitText(text: string): SplitText {
  const parts: TextPart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf(open, at);
    if (next < 0) break;
    if (next > at && text[next - 1] === '$') {
      literal += text.slice(at, next - 1) + open;
      at = next + open.length;
      continue;
    }
    const start = next + open.length;
    const end = expressionEnd(text, start);
    if (typeof end !== 'number') return { error: end };
    literal += text.slice(at, next);
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push(trimmed(text.slice(start, end), start));
    at = end + 2;
  }
  literal += text.slice(at);
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return { parts };
}

/** Writes text so that `splitText` reads it back as text. */
export function escapeText(text: string): string {
  return text.replaceAll(open, () => `$${open}`);
}

function trimmed(source: string, offset: number): TextPart {
  const lead = source.length - source.trimStart().length;
  return { kind: 'expression', source: source.trim(), offset: offset + lead };
}

/** The offset of the `}}` that ends the expression that starts at `start`. */
function expressionEnd(text: string, start: number): number | LexError {
  const opened: number[] = [];
  let at = start;
  while (at < text.length) {
    const quote = stringAt(text, at);
    if (quote !== undefined) {
      const end = stringEnd(text, quote);
      if (end === undefined)
        return { message: 'a string is not closed', hint: `close it with ${quote.mark}`, offset: at };
      at = end;
      continue;
    }
    const character = text[at];
    if (character === '/' && text[at + 1] === '/') {
      const line = text.indexOf('\n', at);
      if (line < 0)
        return {
          message: 'the comment hides the end of the expression',
          hint: 'comments of CEL end with the line; end the expression on the next one',
          offset: at,
        };
      at = line;
    } else if (character === '{') {
      opened.push(at);
    } else if (character === '}') {
      if (opened.length === 0) {
        if (text[at + 1] === '}') return at;
        return { message: 'a } has no {', hint: 'an expression ends with }}, after the } of its maps', offset: at };
      }
      opened.pop();
    }
    at += 1;
  }
  const unclosed = opened.at(-1);
  if (unclosed !== undefined)
    return {
      message: 'a { is not closed',
      hint: 'close the map with } before the expression with }}',
      offset: unclosed,
    };
  return {
    message: 'the expression has no end',
    hint: 'close it with }}; write $${{ for a literal ${{',
    offset: start - open.length,
  };
}

interface Quote {
  readonly raw: boolean;
  readonly mark: string;
  /** Of the first character inside. */
  readonly inside: number;
}

const stringStart = /[rRbB]{0,2}("""|'''|"|')/y;

function stringAt(text: string, at: number): Quote | undefined {
  const character = text[at] ?? '';
  if (!`"'rRbB`.includes(character)) return undefined;
  if (/[rRbB]/.test(character) && /\w/.test(text[at - 1] ?? '')) return undefined;
  stringStart.lastIndex = at;
  const match = stringStart.exec(text);
  if (match === null) return undefined;
  return { raw: /r/i.test(match[0]), mark: match[1] ?? '"', inside: at + match[0].length };
}

function stringEnd(text: string, { raw, mark, inside }: Quote): number | undefined {
  for (let at = inside; at < text.length; at++) {
    if (text.startsWith(mark, at)) return at + mark.length;
    if (text[at] === '\\' && !raw) at += 1;
    else if (text[at] === '\n' && mark.length === 1) return undefined;
  }
  return undefined;
}
