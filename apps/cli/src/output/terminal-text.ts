import { stripVTControlCharacters } from 'node:util';

/** Code points that a terminal draws over two columns: East Asian wide and full-width forms, and emoji. First and last of each range. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

const escape = '\u001b';
const colour = new RegExp(`(${escape}\\[[\\d;]*m)`);
const noColumn = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const control = /\p{Cc}/gu;

/** Columns that a terminal gives a text: colours none, marks none, wide characters two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (noColumn.test(character)) return 0;
  const point = character.codePointAt(0) ?? 0;
  return wideRanges.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** The text with spaces behind it up to so many columns; a longer one as it is. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** The text if it has at most so many columns, else its beginning and an ellipsis. Without colours: one could be cut open. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * The text without what would drive the terminal: names and reasons come from AWS and from other people. Line breaks, tabs
 * and our colours stay.
 */
export function printable(text: string): string {
  const parts = text.split(colour);
  return parts.map((part, index) => (index % 2 === 1 ? part : part.replaceAll(control, shown))).join('');
}

function shown(character: string): string {
  return character === '\n' || character === '\t' ? character : '\ufffd';
}
