import { widthOf } from '../output/terminal-text.ts';

const pieces = new RegExp(
  `${'\u001b'}\\[(?<count>[\\d;]*)(?<order>[A-Za-z])|(?<text>\\P{Cc}+)|(?<control>\\p{Cc})`,
  'gu',
);

/**
 * What a terminal of so many columns shows after it was sent a text: the rows that the console uses of a terminal, no more.
 * Anything else that would drive it is an error. Rows are never scrolled away.
 */
export function screenOf(sent: string, columns: number): string[] {
  const rows: string[] = [''];
  let row = 0;
  let column = 0;
  for (const { groups = {}, 0: whole } of sent.matchAll(pieces)) {
    const { count, order, text, control } = groups;
    if (text !== undefined) for (const character of text) put(character);
    else if (control === '\n') step(1, 0);
    else if (control === '\r') column = 0;
    else if (order === 'G') column = Number(count) - 1;
    else if (order === 'A') row = Math.max(0, row - Number(count));
    else if (order === 'J') clear();
    else if (order !== 'm') throw new Error(`the terminal was sent ${JSON.stringify(whole)}`);
  }
  return rows.map((line) => line.trimEnd());

  function put(character: string): void {
    const width = widthOf(character);
    if (column + width > columns) step(1, 0);
    const line = (rows[row] ?? '').padEnd(column);
    rows[row] = line.slice(0, column) + character + line.slice(column + width);
    column += width;
  }
  function step(down: number, to: number): void {
    row += down;
    column = to;
    while (rows.length <= row) rows.push('');
  }
  function clear(): void {
    rows[row] = (rows[row] ?? '').slice(0, column);
    rows.length = row + 1;
  }
}
