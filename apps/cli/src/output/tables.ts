import { padTo, widthOf } from './terminal-text.ts';

/** Rows with their cells aligned, indented by two. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  return rows.map((row) => `  ${row.map((cell, index) => padTo(cell, widths[index] ?? 0)).join('  ')}`.trimEnd());
}

/** A heading with its rows; nothing at all where there are none. */
export function section(heading: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [heading, ...columns(rows)];
}
