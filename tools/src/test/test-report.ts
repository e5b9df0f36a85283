import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What vitest's JSON reporter writes of a run, as far as it is read here. */
export interface TestReport {
  readonly testResults?: readonly FileReport[];
}

interface FileReport {
  /** The file, absolute. */
  readonly name: string;
  readonly status: string;
  /** Why a file did not load; empty where it did. */
  readonly message: string;
  readonly assertionResults: readonly {
    status: string;
    fullName: string;
    failureMessages?: readonly string[] | null;
  }[];
}

export interface Failure {
  /** Where and which, as `packages/store/src/engine.test.ts › a journal is kept`. */
  readonly title: string;
  readonly detail: string;
}

const detailLines = 20;

/** How many tests of a report passed. */
export function passedIn(report: TestReport): number {
  const files = report.testResults ?? [];
  return files.reduce((sum, file) => sum + file.assertionResults.filter(({ status }) => status === 'passed').length, 0);
}

/** Every failure of a report: its tests that failed, and its files that did not load. */
export function failuresOf(report: TestReport, root: string): Failure[] {
  return (report.testResults ?? []).flatMap((file) => {
    const path = relative(root, file.name);
    const tests = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({
        title: `${path} › ${fullName}`,
        detail: beginning((failureMessages ?? []).join('\n')),
      }));
    if (tests.length > 0 || file.status !== 'failed') return tests;
    return [{ title: `${path} did not load`, detail: beginning(file.message) }];
  });
}

function beginning(message: string): string {
  return message.trim().split('\n').slice(0, detailLines).join('\n');
}

function indented(text: string): string {
  return stripVTControlCharacters(text)
    .trimEnd()
    .replaceAll(/^(?=.)/gm, '    ');
}

/** The page at the end of a red run: whoever keeps only the end of the output still reads what failed. Empty when none did. */
export function printFailures(failures: readonly Failure[]): string {
  if (failures.length === 0) return '';
  const each = failures.map(({ title, detail }) => `✗ ${title}\n${indented(detail)}`);
  return `\n── what failed\n${each.join('\n')}\n`;
}
