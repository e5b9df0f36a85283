import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './process/child.ts';
import { type Failure, failuresOf, passedIn, printFailures, type TestReport } from './test/test-report.ts';

/** `npm test`: sets up what is missing, runs the fast checks and every test, and counts them on the last line. */
const root = join(import.meta.dirname, '..', '..');

interface Totals {
  passed: number;
  failed: number;
  readonly failures: Failure[];
}

interface Ended {
  readonly code: number;
  /** The end of what it printed. */
  readonly tail: string;
}

/** Runs a command in the checkout and shows what it prints. */
async function run(command: string, ...args: string[]): Promise<Ended> {
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      process.stdout.write(chunk);
      tail = `${tail}${chunk}`.slice(-2000);
    });
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  const code = await codeOf(child);
  await closed;
  return { code, tail };
}

/** A check that is not a test counts as one, so that a red linter cannot hide behind green tests. */
async function check(totals: Totals, title: string, command: string, ...args: string[]): Promise<void> {
  process.stdout.write(`\n── ${title}\n`);
  const { code, tail } = await run(command, ...args);
  if (code === 0) totals.passed += 1;
  else fail(totals, { title: `${title} (${command})`, detail: tail });
}

function fail(totals: Totals, ...failures: readonly Failure[]): void {
  totals.failed += failures.length;
  totals.failures.push(...failures);
}

async function vitest(totals: Totals, project: string, ...flags: string[]): Promise<void> {
  process.stdout.write(`\n── tests: ${project}\n`);
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-test-'));
  const file = join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code, tail } = await run('vitest', 'run', '--project', project, ...reporters, ...flags);
  const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as TestReport;
  await rm(directory, { recursive: true });
  totals.passed += passedIn(report);
  const failures = failuresOf(report, root);
  fail(totals, ...failures);
  // An error outside of any test and any file, as a promise that nobody awaited, has no place of its own in the report.
  if (code !== 0 && failures.length === 0) fail(totals, { title: `tests: ${project}`, detail: tail });
}

const totals: Totals = { passed: 0, failed: 0, failures: [] };
await check(totals, 'format', 'biome', 'check', '--diagnostic-level=error');
await check(totals, 'lint and import rules', 'oxlint', '--type-aware');
await check(totals, 'types', 'tsc', '-p', '.');
await check(totals, 'what nobody uses', 'knip');
await vitest(totals, 'unit');
await check(totals, 'the real parts of the sandbox', 'node', 'tools/src/ensure.ts');
await vitest(totals, 'real');
// Two at a time: each has a whole sandbox of its own, and waits for most of its time.
await vitest(totals, 'stories', '--fileParallelism=true', '--maxWorkers=2');
process.stdout.write(printFailures(totals.failures));
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
