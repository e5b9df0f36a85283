import { describe, expect, it } from 'vitest';
import { failuresOf, passedIn, printFailures } from './test-report.ts';

const file = (name: string, parts: object) => ({
  name: `/root/${name}`,
  status: 'failed',
  message: '',
  assertionResults: [],
  ...parts,
});

describe('the last page of a red run', () => {
  it('names each test that failed with its file and why, without colours', () => {
    const report = {
      testResults: [
        file('a.test.ts', {
          assertionResults: [
            { status: 'passed', fullName: 'adds' },
            { status: 'failed', fullName: 'takes away', failureMessages: ['\u001B[31mexpected 1\nto be 2\u001B[39m'] },
          ],
        }),
        file('b.test.ts', { status: 'passed' }),
      ],
    };
    expect(passedIn(report)).toBe(1);
    expect(printFailures(failuresOf(report, '/root'))).toBe(
      '\n── what failed\n✗ a.test.ts › takes away\n    expected 1\n    to be 2\n',
    );
  });

  it('names a file that did not load', () => {
    const report = { testResults: [file('c.test.ts', { message: 'no such module' })] };
    expect(failuresOf(report, '/root')).toEqual([{ title: 'c.test.ts did not load', detail: 'no such module' }]);
  });

  it('keeps the beginning of a long message', () => {
    const message = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
    const [failure] = failuresOf({ testResults: [file('d.test.ts', { message })] }, '/root');
    expect(failure?.detail.split('\n')).toHaveLength(20);
    expect(failure?.detail).toMatch(/^line 0\n/);
  });

  it('is not there when nothing failed', () => {
    expect(printFailures(failuresOf({}, '/root'))).toBe('');
  });
});
