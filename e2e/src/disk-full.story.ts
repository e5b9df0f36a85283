import { spawn } from 'node:child_process';
import { readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterFile, lastSeq, mutations, program, smallCluster } from './roadstead.ts';
import { comparable, type Finished, type Sandbox, startSandbox } from './sandbox.ts';
import { makeSmallDisk, type SmallDisk } from './small-disk.ts';

/**
 * The disk of the state directory, really full, really read-only, and with something else in it: one message with its code, the
 * path and what to do, exit code 1, and nothing done twice when the same command is given again. Who only looks needs no disk.
 */
let sandbox: Sandbox;
let disk: SmallDisk;
let file = '';
let before: unknown;

beforeAll(async () => {
  sandbox = await startSandbox();
  disk = await makeSmallDisk(16);
  file = await clusterFile(smallCluster('full'));
  before = comparable(await sandbox.control('GET', 'inventory'));
});
afterAll(async () => {
  await disk?.remove();
  await sandbox?.stop();
});

interface Watch {
  /** Called with each line of standard error as it is said. */
  readonly onLine?: (line: string) => void;
}

/** The command with its state on the small disk. */
async function roadstead(args: readonly string[], { onLine }: Watch = {}): Promise<Finished> {
  const [enter, ...inside] = disk.prefix;
  const child = spawn(enter, [...inside, program, ...args, '-f', file], {
    env: { ...sandbox.environment, ROADSTEAD_STATE: disk.directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { stdout: [] as string[], stderr: [] as string[] };
  createInterface({ input: child.stdout }).on('line', (line) => told.stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    told.stderr.push(line);
    onLine?.(line);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: told.stdout.join('\n'), stderr: told.stderr.join('\n') };
}

/** One message: its code once, the path, a way on, and no trace of where in the code it happened. */
function expectOneMessage({ code, stdout, stderr }: Finished, errorCode: string, hint: RegExp): void {
  const said = `${stdout}\n${stderr}`;
  expect(said.match(/\[STORE_[A-Z_]+\]/g), said).toEqual([`[${errorCode}]`]);
  expect(said).toContain(disk.directory);
  expect(said).toMatch(hint);
  expect(said).not.toMatch(/bug of Roadstead|^\s+at /m);
  expect(code).toBe(1);
}

/** Every file of the state directory and when it was written. */
async function listing(): Promise<string[]> {
  const names = (await readdir(disk.outside)).sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeNs } = await stat(join(disk.outside, name), { bigint: true });
      return `${name}: ${size} bytes of ${mtimeNs}`;
    }),
  );
}

/** `plan` and `status` answer, and the directory is as it was. */
async function expectReadable(): Promise<void> {
  const before = await listing();
  const plan = await roadstead(['plan', '--output', 'json']);
  expect(plan.code, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject({ kind: 'up', header: { cluster: 'full' } });
  const status = await roadstead(['status', '--output', 'json']);
  expect(status.code, status.stderr).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({ cluster: 'full' });
  expect(await listing()).toEqual(before);
}

describe('a full disk', () => {
  it('stops nobody who only looks, and where nothing was recorded nothing is made', async () => {
    await disk.fill();
    await expectReadable();
    await disk.free();
    await expectReadable();
    expect(await listing()).toEqual([]);
  });

  it.each(['up', 'down'])('is told by %s before anything is changed', async (command) => {
    await disk.fill();
    const seq = await lastSeq(sandbox);
    expectOneMessage(await roadstead([command, '--yes']), 'STORE_DISK_FULL', /Free some space/);
    expect(await mutations(sandbox, seq)).toEqual([]);
    await disk.free();
  });

  it('in the middle of up ends it with one message, and the same command goes on from what is there', async () => {
    let filled: Promise<void> | undefined;
    const onLine = (line: string): void => {
      if (/^ {3}stack roadstead-full-foundation/.test(line)) filled ??= disk.fill();
    };
    const seq = await lastSeq(sandbox);
    const ended = await roadstead(['up', '--yes'], { onLine });
    expect(filled).toBeDefined();
    await filled;
    expectOneMessage(ended, 'STORE_DISK_FULL', /Free some space.*same command again/);
    expect(await mutations(sandbox, seq)).not.toContain('eks:CreateCluster');
    expectOneMessage(await roadstead(['up', '--yes']), 'STORE_DISK_FULL', /Free some space/);
    await expectReadable();
    await disk.free();
    const again = await roadstead(['up', '--yes']);
    expect(again.code, again.stderr).toBe(0);
    expect(await madeTwice(seq)).toEqual([]);
    expect(JSON.parse((await roadstead(['plan', '--output', 'json'])).stdout)).toMatchObject({ changes: [] });
  });

  it('in the middle of down ends it with one message, and the same command goes on', async () => {
    let filled: Promise<void> | undefined;
    const onLine = (line: string): void => {
      if (/^ {3}stack roadstead-full-pool-app/.test(line)) filled ??= disk.fill();
    };
    const ended = await roadstead(['down', '--yes', '--delete-logs'], { onLine });
    expect(filled, ended.stderr).toBeDefined();
    await filled;
    expectOneMessage(ended, 'STORE_DISK_FULL', /Free some space.*same command again/);
    await disk.free();
    const again = await roadstead(['down', '--yes', '--delete-logs']);
    expect(again.code, again.stderr).toBe(0);
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
  });
});

describe('a state directory', () => {
  it('that is read-only is told by path to who would change something, and is read', async () => {
    await disk.run('mount', '-o', 'remount,ro', disk.directory);
    const seq = await lastSeq(sandbox);
    await expectReadable();
    expectOneMessage(await roadstead(['up', '--yes']), 'STORE_UNUSABLE', /ROADSTEAD_STATE/);
    expect(await mutations(sandbox, seq)).toEqual([]);
    await disk.run('mount', '-o', 'remount,rw', disk.directory);
  });

  it('with a state file that is none is told, the file stays, and without it the plan is right', async () => {
    const state = join(disk.outside, 'roadstead.db');
    await writeFile(state, 'somebody else put this here. '.repeat(1000));
    expectOneMessage(await roadstead(['plan']), 'STORE_DAMAGED', /Move roadstead\.db .* away/);
    await rename(state, join(disk.outside, 'away'));
    const { changes } = JSON.parse((await roadstead(['plan', '--output', 'json'])).stdout) as { changes: unknown[] };
    expect(changes.length).toBeGreaterThan(10);
  });
});

/** Names that were given to more than one successful creation. */
async function madeTwice(sinceSeq: number): Promise<string[]> {
  const entries = await sandbox.journal(sinceSeq);
  const made = entries
    .filter(({ operation, outcome }) => /^Create/.test(operation) && outcome === 'ok')
    .map(({ service, operation, input }) => `${service}:${operation} ${nameIn(input)}`);
  return made.filter((name, index) => made.indexOf(name) !== index);
}

function nameIn(input: unknown): string {
  const keys = ['StackName', 'nodegroupName', 'addonName', 'principalArn', 'serviceAccount', 'name'];
  const given = input as Readonly<Record<string, unknown>>;
  return String(given[keys.find((key) => given[key] !== undefined) ?? ''] ?? JSON.stringify(input));
}
