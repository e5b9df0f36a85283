import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './process/child.ts';

/** `npm test`: sets up what is missing, runs the fast checks and every test, and counts them on the last line. */
const root = join(import.meta.dirname, '..', '..');

interface Totals {
  passed: number;
  failed: number;
}

function run(command: string, ...args: string[]): Promise<number> {
  return codeOf(spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }));
}

/** A check that is not a test counts as one, so that a red linter cannot hide behind green tests. */
async function check(totals: Totals, title: string, command: string, ...args: string[]): Promise<void> {
  process.stdout.write(`\n── ${title}\n`);
  const code = await run(command, ...args);
  if (code === 0) totals.passed += 1;
  else totals.failed += 1;
}

async function vitest(totals: Totals, project: string, ...flags: string[]): Promise<void> {
  process.stdout.write(`\n── tests: ${project}\n`);
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-test-'));
  const report = join(directory, 'report.json');
  const code = await run(
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...flags,
  );
  const counted = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as {
    numPassedTests?: number;
    numFailedTests?: number;
  };
  await rm(directory, { recursive: true });
  totals.passed += counted.numPassedTests ?? 0;
  totals.failed += counted.numFailedTests ?? 0;
  // An error outside of any test, as a suite that does not load, has no count of its own.
  if (code !== 0 && (counted.numFailedTests ?? 0) === 0) totals.failed += 1;
}

const totals: Totals = { passed: 0, failed: 0 };
await check(totals, 'format', 'biome', 'check', '--diagnostic-level=error');
await check(totals, 'lint and import rules', 'oxlint', '--type-aware');
await check(totals, 'types', 'tsc', '-p', '.');
await check(totals, 'what nobody uses', 'knip');
await vitest(totals, 'unit');
await check(totals, 'the real parts of the sandbox', 'node', 'tools/src/ensure.ts');
await vitest(totals, 'real');
// Two at a time: each has a whole sandbox of its own, and waits for most of its time.
await vitest(totals, 'stories', '--fileParallelism=true', '--maxWorkers=2');
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
