import { spawn } from 'node:child_process';
import type { Holder, ProcessIdentity } from '@roadstead/store';
import { describe, expect, it } from 'vitest';
import { identifyHolder, isHolderGone, linuxProcesses, type Processes, startIn } from './holder-identity.ts';

const own: ProcessIdentity = { boot: 'b1', namespaces: 'pid:[1] time:[1]', started: '500' };
const holder = (process?: ProcessIdentity): Holder => ({
  ...{ host: 'here', pid: 7, purpose: 'up', user: 'alice' },
  ...(process === undefined ? {} : { process }),
});
const seen = (started: string, self: ProcessIdentity | undefined = own): Processes => ({
  own: () => self,
  started: () => started,
});

describe('a holder', () => {
  it.each<[string, Holder, Processes, boolean]>([
    ['that is at work', holder(own), seen('500'), false],
    ['whose process ended', holder(own), seen('none'), true],
    ['whose pid another process has by now', holder(own), seen('501'), true],
    ['that cannot be seen', holder(own), seen('unknown'), false],
    ['of another machine with the same name', holder({ ...own, boot: 'b2' }), seen('none'), false],
    [
      'of another container with the same name',
      holder({ ...own, namespaces: 'pid:[2] time:[1]' }),
      seen('none'),
      false,
    ],
    ['whose start is counted otherwise', holder({ ...own, namespaces: 'pid:[1] time:[2]' }), seen('501'), false],
    ['of whom the kernel said nothing', holder(), seen('none'), false],
  ])('%s: known to be gone is what the last column says', (_who, who, processes, gone) => {
    expect(isHolderGone(who, processes)).toBe(gone);
  });

  it('is not judged where our own kernel says nothing', () => {
    const silent: Processes = { own: () => undefined, started: () => 'none' };
    expect(isHolderGone(holder(own), silent)).toBe(false);
    expect(identifyHolder(holder(), silent)).toEqual(holder());
  });
});

it.each([
  ['one that sleeps', 'S', '1270121'],
  ['one that runs', 'R', '1270121'],
  ['one that nobody has waited for', 'Z', undefined],
  ['one that is going', 'X', undefined],
])('reads the start of %s', (_what, state, start) => {
  const fields = '24312 24311 24311 0 -1 4194560 105 0 0 0 0 0 0 0 20 0 1 0 1270121 5881856 384';
  expect(startIn(`24312 (a) R (b)) ${state} ${fields}`)).toBe(start);
});

describe.runIf(process.platform === 'linux')('on Linux', () => {
  const self = identifyHolder({ host: 'here', pid: process.pid, purpose: 'up', user: 'alice' });

  it('this process is known, and known to live', () => {
    expect(self.process).toEqual({
      boot: expect.stringMatching(/^[0-9a-f-]{36}$/),
      namespaces: expect.stringMatching(/^pid:\[\d+\] time:(\[\d+\]|none)$/),
      started: expect.stringMatching(/^\d+$/),
    });
    expect(isHolderGone(self)).toBe(false);
  });

  it('a child is known to live until it is killed', async () => {
    // The name holds what separates the fields of its line.
    const child = spawn('bash', ['-c', 'exec -a ") R 1 (" sleep 60'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const pid = child.pid ?? 0;
    const started = linuxProcesses.started(pid);
    const theirs: Holder = { ...self, pid, process: { ...(self.process as ProcessIdentity), started } };
    expect(started).toMatch(/^\d+$/);
    expect(isHolderGone(theirs)).toBe(false);
    child.kill('SIGKILL');
    await ended;
    expect(isHolderGone(theirs)).toBe(true);
  });

  it('a pid that was used again is not the process that had it', () => {
    const before: Holder = { ...self, process: { ...(self.process as ProcessIdentity), started: '1' } };
    expect(isHolderGone(before)).toBe(true);
  });
});
