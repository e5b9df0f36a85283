import { RoadsteadError } from '@roadstead/foundation';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { commandFailureOf, type EndedBy, failureLines, RunNotDone, WrongInput, WrongUsage } from './failure.ts';

const problem = {
  file: 'shop.yaml',
  line: 14,
  column: 7,
  severity: 'error' as const,
  code: 'UNKNOWN_KEY',
  message: 'unknown key "nodePool"',
  hint: 'did you mean "nodePools"?',
};
const failed = new RunNotDone(
  {
    state: 'failed',
    failures: [
      { step: 'stack/network', failure: { code: 'STACK_FAILED', message: 'it rolled back', hint: 'mend it' } },
      { step: 'stack/pool', failure: { code: 'UNEXPECTED', message: 'no idea' } },
    ],
  },
  false,
);
const stopped = (atOnce: boolean, remaining = ['a', 'b']) => new RunNotDone({ state: 'stopped', remaining }, atOnce);
const ours = (code: string, more: { hint?: string; cause?: unknown } = {}) =>
  new RoadsteadError('no', { code, ...more });

const cases: readonly (readonly [what: string, error: unknown, endedBy: EndedBy, exitCode: number, lines: string[]])[] =
  [
    [
      'a wrong file: each place, and how many',
      new WrongInput([problem, { ...problem, line: 15, severity: 'warning' }]),
      undefined,
      2,
      [
        'shop.yaml:14:7: unknown key "nodePool" [UNKNOWN_KEY]\n  hint: did you mean "nodePools"?',
        'shop.yaml:15:7: warning: unknown key "nodePool" [UNKNOWN_KEY]\n  hint: did you mean "nodePools"?',
        '1 mistake; nothing was changed',
      ],
    ],
    [
      'a wrong command line: the help that fits',
      new WrongUsage("unknown command 'upp'", 'Did you mean up?\nroadstead --help says what it takes'),
      undefined,
      2,
      ["✗ unknown command 'upp' [WRONG_USAGE]", '  Did you mean up?', '  roadstead --help says what it takes'],
    ],
    [
      'a failed run: each step, and how to go on',
      failed,
      undefined,
      1,
      [
        '✗ stack/network: it rolled back [STACK_FAILED]',
        '  mend it',
        '✗ stack/pool: no idea [UNEXPECTED]',
        'What was done stays. Mend the cause and run the same command again: it goes on from here.',
      ],
    ],
    [
      'a run that stopped at a safe step',
      stopped(false),
      undefined,
      1,
      ['Stopped. 2 steps remain; what was begun is finished. Run the same command again to go on.'],
    ],
    [
      'a run that was stopped at once',
      stopped(true, ['a']),
      'SIGINT',
      130,
      ['Stopped. 1 step remains; what AWS has begun goes on there. Run the same command again to go on.'],
    ],
    ['a command that Ctrl-C ended', new Error('aborted'), 'SIGINT', 130, ['Stopped.']],
    [
      'a question that Ctrl-C ended',
      new RoadsteadError('Stopped; nothing was changed.', { code: 'STOPPED' }),
      'SIGINT',
      130,
      ['Stopped; nothing was changed.'],
    ],
    ['a command that SIGTERM ended', ours('AWS_UNREACHABLE'), 'SIGTERM', 143, ['Stopped.']],
    [
      'wrong input without a place',
      ours('WRONG_INPUT', { hint: 'a\nb' }),
      undefined,
      2,
      ['✗ no [WRONG_INPUT]', '  a', '  b'],
    ],
    ['somebody who is not signed in', ours('AWS_NO_CREDENTIALS'), undefined, 2, ['✗ no [AWS_NO_CREDENTIALS]']],
    ['nobody to ask', ours('NOT_CONFIRMED'), undefined, 2, ['✗ no [NOT_CONFIRMED]']],
    ['a person who said no', ours('DECLINED'), undefined, 1, ['✗ no [DECLINED]']],
    [
      'a cause that the message does not say',
      ours('STORE_UNUSABLE', { cause: new Error('the disk is full') }),
      undefined,
      1,
      ['✗ no [STORE_UNUSABLE]', '  because: the disk is full'],
    ],
    [
      'a cause that the message says',
      ours('STORE_UNUSABLE', { cause: new Error('no') }),
      undefined,
      1,
      ['✗ no [STORE_UNUSABLE]'],
    ],
  ];

describe('what is said of', () => {
  it.each(cases)('%s', (_what, error, endedBy, exitCode, lines) => {
    const failure = commandFailureOf(error, endedBy);
    expect(failureLines(failure, createColors(false))).toEqual(lines);
    expect(failure.exitCode).toBe(exitCode);
    expect(failure.code).toMatch(/^[A-Z_]+$/);
  });

  it('a bug: that it is one, and its stack', () => {
    const failure = commandFailureOf(new TypeError('x is not a function'), undefined);
    expect(failure).toMatchObject({ exitCode: 1, code: 'BUG' });
    const [first, stack] = failureLines(failure, createColors(false));
    expect(first).toBe('This is a bug of Roadstead: x is not a function');
    expect(stack).toMatch(/^TypeError: x is not a function\n\s+at /);
  });

  it('something thrown that is no error', () => {
    expect(failureLines(commandFailureOf('text', undefined), createColors(false))).toEqual([
      '✗ This is a bug of Roadstead: text [BUG]',
    ]);
  });
});

it('keeps places and steps as data', () => {
  expect(commandFailureOf(new WrongInput([problem]), undefined).problems).toEqual([problem]);
  expect(commandFailureOf(failed, undefined).steps).toEqual([
    { step: 'stack/network', code: 'STACK_FAILED', message: 'it rolled back', hint: 'mend it' },
    { step: 'stack/pool', code: 'UNEXPECTED', message: 'no idea' },
  ]);
});
