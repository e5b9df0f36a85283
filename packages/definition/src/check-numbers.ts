import { type Document, type LineCounter, visit } from 'yaml';
import { type Problem, problemAt } from './problem.ts';

/**
 * Numbers that YAML 1.1 and 1.2 read as different ones: `017` is 15 to kubectl and 17 to an editor. Octals and hexadecimals
 * have no use in a cluster file.
 */
export function checkNumbers(input: {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}): Problem[] {
  const problems: Problem[] = [];
  visit(input.document, {
    Scalar: (_, { value, source = '', range }) => {
      if (typeof value !== 'number' || !/^[+-]?0[0-9ox]/i.test(source)) return;
      const { line, col } = input.lines.linePos(range?.[0] ?? 0);
      const message = `${source} is not the same number to every reader of YAML`;
      const fault = {
        code: 'AMBIGUOUS_NUMBER',
        message,
        hint: `write ${value}, or quote it where text is meant`,
        value,
      };
      problems.push(problemAt(input.file, { line, column: col }, fault));
    },
  });
  return problems;
}
