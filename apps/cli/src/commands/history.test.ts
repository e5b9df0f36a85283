import { EventEmitter } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FakeClock } from '@roadstead/foundation';
import { openStore } from '@roadstead/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { runCli } from '../run-cli.ts';
import { RecordedStream } from '../testing/recorded-console.ts';

let directory = '';
let state = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-history-'));
  state = join(directory, 'state');
  await writeFile(join(directory, 'shop.yaml'), shop);
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(() => rm(state, { recursive: true, force: true }));

const shop = `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  nodePools: [{name: app, instanceTypes: [m6i.large]}]
`;

/** AWS is an address at which nobody answers. */
async function history(...args: string[]) {
  const [out, err] = [new RecordedStream(), new RecordedStream()];
  const env = { ROADSTEAD_STATE: state, ROADSTEAD_PROGRAM: 'bin/roadstead', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const code = await runCli(['history', '-f', join(directory, 'shop.yaml'), ...args], {
    ...{ input: Readable.from([]), out, err, signals: new EventEmitter() },
    readConfig: () => readConfig(env, { in: false, out: false, err: false }),
  });
  return { code, out: out.text, err: err.text };
}

/** Two runs of `shop`: the first failed in its one step, the second is done. */
async function record(): Promise<void> {
  const store = await openStore({ directory: state });
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 3));
  const holder = { host: 'desk', pid: 1, purpose: 'up', user: 'ada' };
  const key = 'aws:123456789012:eu-central-1:shop';
  const asked = { key, holder, now: clock.now(), ttlMs: 600_000, isGone: () => false };
  const answer = await store.leases.acquire(asked);
  if (answer.kind === 'held') throw new Error('held');
  const plan = { changes: [{}, {}] };
  const actor = 'arn:aws:iam::123456789012:user/ada';
  for (const [id, end] of [
    ['aaaa1111', 'failed'],
    ['aaaa2222', 'done'],
  ] as const) {
    const run = await store.beginRun(answer.lease, clock, { kind: 'down', id, plan, actor });
    await run.beginStep('stack/network');
    await clock.advance(61_000);
    const failure = { code: 'STACK_FAILED', message: 'no quota' };
    await run.endStep('stack/network', end, end === 'failed' ? failure : undefined);
    await run.end(end === 'failed' ? { state: end, problems: [failure] } : { state: end });
  }
  await store.leases.release(answer.lease);
  await store.close();
}

const listing = async () => {
  const names = (await readdir(directory, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = await stat(join(directory, name));
      return [name, file.isFile() ? await readFile(join(directory, name), 'base64') : 'folder'];
    }),
  );
};

describe('history', () => {
  it('lists the runs newest first, asks nobody, and leaves the disk as it was', async () => {
    await record();
    const before = await listing();
    expect(await history()).toEqual({
      code: 0,
      err: '',
      out: `shop
  run       began                 command  outcome              took  changes  by
  aaaa2222  2026-11-21T03:01:01Z  down     done                 61 s  2        user/ada
  aaaa1111  2026-11-21T03:00:00Z  down     failed STACK_FAILED  61 s  2        user/ada
  bin/roadstead history --run RUN shows the steps of one
`,
    });
    const { runs } = JSON.parse((await history('--limit', '1', '-o', 'json')).out) as { runs: unknown[] };
    expect(runs).toEqual([expect.objectContaining({ id: 'aaaa2222', state: 'done', seconds: 61, user: 'ada' })]);
    expect(await listing()).toEqual(before);
  });

  it('tells one run by the beginning of its id', async () => {
    await record();
    const { out } = await history('--run', 'AAAA1');
    expect(out).toContain('  failed  +0:00  61 s  stack/network\n    ✗ no quota [STACK_FAILED]\n');
    expect(JSON.parse((await history('--run', 'aaaa1', '-o', 'json')).out)).toMatchObject({
      cluster: 'shop',
      id: 'aaaa1111',
      steps: [{ id: 'stack/network', state: 'failed', seconds: 61, failure: { code: 'STACK_FAILED' } }],
      events: [],
    });
  });

  it.each([
    ['aaaa', /^✗ More than one run of shop is known whose id begins with aaaa \[WRONG_INPUT\]/],
    ['f', /^✗ No run of shop is known whose id begins with f \[WRONG_INPUT\]\n {2}`bin\/roadstead history`/],
  ])('refuses --run %s: exit 2', async (id, told) => {
    await record();
    const { code, out, err } = await history('--run', id);
    expect(err).toMatch(told);
    expect([code, out]).toEqual([2, '']);
  });

  it('where nothing was recorded says so, and makes nothing', async () => {
    const before = await listing();
    expect(await history()).toEqual({ code: 0, out: 'No run of shop is recorded here.\n', err: '' });
    expect(JSON.parse((await history('-o', 'json')).out)).toEqual({ cluster: 'shop', runs: [] });
    expect(await listing()).toEqual(before);
  });
});
