import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, vi } from 'vitest';
import { eventually, isRunning } from '../testing/api-client.ts';
import { endGroupWithParent, endWithParent } from './watchdog.ts';

// Each starts programs, which take their time on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const watchdog = JSON.stringify(new URL('watchdog.ts', import.meta.url).href);

/** A parent with a child that has a child; says their process ids and stays. */
const parentOf = (call: string, options: string) => `
  import { spawn } from 'node:child_process';
  const { endGroupWithParent, endWithParent } = await import(${watchdog});
  const child = spawn('/bin/sh', ['-c', 'sleep 60 & echo $! ; wait'], { stdio: ['ignore', 'pipe', 'ignore'], ${options} });
  child.stdout.once('data', (pid) => console.log(child.pid, String(pid).trim()));
  ${call}(child);`;

it.each([
  ['with its whole group', 'endGroupWithParent', 'detached: true', 2],
  ['alone', 'endWithParent', '', 1],
])('a child ends %s when its parent is killed', async (_, call, options, ended) => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', parentOf(call, options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const pids = line.split(' ').map(Number);
  expect(pids.filter(isRunning)).toHaveLength(2);
  parent.kill('SIGKILL');
  const left = await eventually(
    () => pids.filter(isRunning),
    (running) => running.length <= 2 - ended,
  );
  for (const pid of left) process.kill(pid, 'SIGKILL');
});

it('a group is asked to end when the signal is aborted', async () => {
  const stop = new AbortController();
  const script = 'trap "exit 5" INT; echo trapped; while :; do sleep 0.01; done';
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const release = endGroupWithParent(child, stop.signal);
  await once(child.stdout, 'data');
  stop.abort();
  expect(await once(child, 'exit')).toEqual([5, null]);
  release();
});

it('a child that ended leaves no watchdog', async () => {
  const child = spawn('true');
  const release = endWithParent(child);
  await once(child, 'exit');
  release();
  expect(child.exitCode).toBe(0);
});
