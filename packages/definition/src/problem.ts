import type { Path, Position, PositionIndex } from './positions.ts';

/** Something wrong in a file that a person wrote: where, what, and what would be right. */
export interface Problem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly severity: 'error' | 'warning';
  /** Stable, upper snake case. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** As the file has it. Never a secret. */
  readonly value?: unknown;
}

/** A problem before it has a place. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly value?: unknown;
  readonly severity?: 'error' | 'warning' | undefined;
}

/** A fault and the value or key of a document that it is about. */
export interface PlacedFault {
  readonly path: Path;
  /** Whether the key or the value is at fault; default: the value. */
  readonly at?: 'key' | 'value';
  readonly fault: Fault;
}

/** Gives faults of a document their places. */
export function problemsAt(
  file: string,
  positions: Pick<PositionIndex, 'key' | 'value'>,
  faults: readonly PlacedFault[],
): Problem[] {
  return faults.map(({ path, at = 'value', fault }) => problemAt(file, positions[at](path), fault));
}

/** Of a message; more is a value that nobody reads to its end. */
const longestMessage = 600;

/** Gives a fault its place; members that are undefined are left out. */
export function problemAt(file: string, position: Position, fault: Fault): Problem {
  const { hint, value, severity = 'error', code, message } = fault;
  return {
    file,
    line: position.line,
    column: position.column,
    severity,
    code,
    message: message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message,
    ...(hint === undefined ? {} : { hint }),
    ...(value === undefined ? {} : { value }),
  };
}

/** `cluster.yaml:14:7: message` with the hint on a line of its own, indented by two. Warnings say so. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const severity = problem.severity === 'warning' ? 'warning: ' : '';
  const hint = problem.hint === undefined ? '' : `\n  hint: ${problem.hint}`;
  return `${place}: ${severity}${problem.message} [${problem.code}]${hint}`;
}

/** True when nothing forbids going on. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** In the order of the file; equal places keep their order. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
