import type { Position } from '@roadstead/definition';
import { type LineCounter, Scalar } from 'yaml';

/**
 * Maps offsets in a scalar's value to places in its file. Exact for plain, quoted and block scalars whose text stands in the
 * file as it is; escapes and folding move a column by as much as they change.
 */
export function scalarPositions(scalar: Scalar, text: string, lines: LineCounter): (offset: number) => Position {
  const start = scalar.range?.[0] ?? 0;
  const isBlock = scalar.type === Scalar.BLOCK_LITERAL || scalar.type === Scalar.BLOCK_FOLDED;
  if (isBlock) return blockPositions(scalar, text, lines, start);
  const isQuoted = scalar.type === Scalar.QUOTE_DOUBLE || scalar.type === Scalar.QUOTE_SINGLE;
  return (offset) => positionOf(lines, start + (isQuoted ? 1 : 0) + offset);
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function blockPositions(scalar: Scalar, text: string, lines: LineCounter, start: number): (offset: number) => Position {
  const header = text.indexOf('\n', start);
  const first = lines.linePos(header + 1).line;
  const body = text.slice(header + 1, scalar.range?.[1]);
  const indent = /^( *)\S/m.exec(body)?.[1]?.length ?? 0;
  const value = String(scalar.value);
  return (offset) => {
    const before = value.slice(0, offset).split('\n');
    return { line: first + before.length - 1, column: indent + (before.at(-1)?.length ?? 0) + 1 };
  };
}
