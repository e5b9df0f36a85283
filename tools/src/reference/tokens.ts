/** A token of TypeScript as far as the reference needs it. `text` of a string is its value; what a template inserts reads `…`. */
export interface Token {
  readonly kind: 'word' | 'string' | 'mark';
  readonly text: string;
}

const word = /[A-Za-z0-9_$#]/;

/** Reads TypeScript to tokens; comments and regular expressions are left out. No parser: strings, names and brackets are enough here. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source[at] as string;
    if (/\s/.test(char)) at += 1;
    else if (source.startsWith('//', at)) at = endOf(source, '\n', at);
    else if (source.startsWith('/*', at)) at = endOf(source, '*/', at);
    else if (char === "'" || char === '"' || char === '`') {
      const literal = readString(source, at);
      tokens.push({ kind: 'string', text: literal.text });
      at = literal.end;
    } else if (char === '/' && beginsRegExp(tokens.at(-1))) at = endOfRegExp(source, at);
    else if (word.test(char)) {
      const end = endOfWord(source, at);
      tokens.push({ kind: 'word', text: source.slice(at, end) });
      at = end;
    } else {
      tokens.push({ kind: 'mark', text: char });
      at += 1;
    }
  }
  return tokens;
}

function endOf(source: string, closer: string, from: number): number {
  const found = source.indexOf(closer, from);
  return found === -1 ? source.length : found + closer.length;
}

function endOfWord(source: string, from: number): number {
  let at = from;
  while (at < source.length && word.test(source[at] as string)) at += 1;
  return at;
}

function readString(source: string, from: number): { readonly text: string; readonly end: number } {
  const quote = source[from] as string;
  let text = '';
  let at = from + 1;
  while (at < source.length && source[at] !== quote) {
    if (source[at] === '\\') {
      text += source[at + 1] === 'n' ? ' ' : (source[at + 1] ?? '');
      at += 2;
    } else if (quote === '`' && source.startsWith('${', at)) {
      text += '…';
      at = endOfInsertion(source, at + 2);
    } else {
      text += source[at];
      at += 1;
    }
  }
  return { text, end: at + 1 };
}

function endOfInsertion(source: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < source.length && depth > 0) {
    const char = source[at] as string;
    if (char === "'" || char === '"' || char === '`') at = readString(source, at).end - 1;
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    at += 1;
  }
  return at;
}

/** After a value a slash divides; anywhere else it begins a regular expression. */
function beginsRegExp(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'word') return before.text === 'return';
  return before.kind === 'mark' && !')]}'.includes(before.text);
}

function endOfRegExp(source: string, from: number): number {
  let inClass = false;
  let at = from + 1;
  while (at < source.length && source[at] !== '\n') {
    const char = source[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return endOfWord(source, at + 1);
    at += 1;
  }
  return at;
}
