import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditedWrites } from './audit.ts';
import { interruptWhenHeld, type Kill, killAtKubernetesWrites, killWalk, writeKey, writeOf } from './kill-walk.ts';
import { clusterFile, lastSeq, mutations, planLines, type Roadstead, roadsteadIn, smallCluster } from './roadstead.ts';
import { comparable, type JournalEntry, type Sandbox, startSandbox } from './sandbox.ts';

/**
 * Kill -9 at every mutating AWS request of `up`, `down` and a change: received and not yet done; done and not yet
 * answered. The gateway chooses the moment; what was made is judged there, against the same road walked in peace. At
 * every fifth kill the state directory is lost too.
 */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
let before: unknown;

/** Makes a pod identity association, and protections that have to be switched off on the way down. */
const more = '  dns: {zone: walk.example.org}\n';
const up = () => ['up', '-f', file, '--yes'];
const down = () => ['down', '-f', file, '--yes', '--delete-logs'];

/** Sixty starts of the CLI and more: a minute and a half alone on a machine, and as many times that as it is shared. */
vi.setConfig({ testTimeout: 1_200_000 });

beforeAll(async () => {
  // Slow enough that a process that starts anew finds the killed one's work under way.
  sandbox = await startSandbox({ factor: 100 });
  roadstead = await roadsteadIn(sandbox);
  file = await clusterFile(smallCluster('walk', more).replace('environment: test', 'environment: production'));
  before = comparable(await sandbox.control('GET', 'inventory'));
});
afterAll(() => sandbox?.stop());

/** What one walk did, by the gateway. */
interface Road {
  /** Every mutating request, each once however often it was sent. */
  readonly asked: readonly string[];
  /** How many things of each kind were made, by requests and by AWS behind them. */
  readonly made: Readonly<Record<string, number>>;
  readonly entries: readonly JournalEntry[];
}

const peace: { up?: Road; down?: Road } = {};

describe('in peace', () => {
  it('goes up and down, as the measure of what is made', async () => {
    peace.up = await watched(() => roadstead.ok(...up()));
    peace.down = await watched(() => roadstead.ok(...down()));
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
  });
});

describe('killed', () => {
  it('at every request of up, comes to the same cluster, and nothing is made twice', async () => {
    let kills: readonly Kill[] = [];
    const road = await watched(async () => {
      kills = (await killWalk({ sandbox, state: roadstead.state, args: up(), forgetEvery: 5 })).kills;
    });
    judge(road, kills, peace.up);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });

  it('at every request of down, leaves what was there before', async () => {
    let kills: readonly Kill[] = [];
    const road = await watched(async () => {
      kills = (await killWalk({ sandbox, state: roadstead.state, args: down(), forgetEvery: 5 })).kills;
    });
    judge(road, kills, peace.down);
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
  });
});

describe('the first Ctrl-C', () => {
  it('stops at the next safe step and says how to go on; the next up finishes', async () => {
    const seq = await lastSeq(sandbox);
    await sandbox.control('POST', 'faults', {
      service: 'cloudformation',
      operation: 'CreateStack',
      input: { StackName: 'roadstead-walk-foundation' },
      action: { kind: 'hold', phase: 'after' },
    });
    const { code, stderr } = await interruptWhenHeld(sandbox, roadstead.state, up());
    expect(code).toBe(1);
    expect(stderr).toMatch(/Stopping at the next safe step/);
    expect(stderr).toMatch(/Stopped\. \d+ steps remain; .*Run the same command again to go on\./);
    expect(await mutations(sandbox, seq)).toEqual(['cloudformation:CreateStack', 'cloudformation:CreateStack']);
    const status = JSON.parse((await roadstead.ok('status', '-f', file, '--output', 'json')).stdout) as Status;
    expect(status).toMatchObject({ controlPlane: 'not there', run: { kind: 'up', state: 'stopped' } });
    expect(status.working).toBeUndefined();
  });

  it('lets the next up finish, which is killed again and again amid its Kubernetes writes', async () => {
    await sandbox.control('DELETE', 'faults');
    expect(await killAtKubernetesWrites(sandbox, roadstead.state, up())).toBeGreaterThan(3);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
    const made = (await auditedWrites(sandbox)).filter(({ code }) => code === 201).map(({ uri }) => uri);
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((uri, index) => made.indexOf(uri) !== index)).toEqual([]);
  });
});

interface Status {
  readonly working?: unknown;
}

/** What the change of the file needs of AWS at the least. */
const changing = [
  'CreateChangeSet',
  'ExecuteChangeSet',
  'UpdateClusterConfig',
  'UpdateNodegroupConfig',
  'DeletePodIdentityAssociation',
];

describe('killed amid a change', () => {
  it('at every request of it, comes to what the file says', async () => {
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text
        .replace('max: 4, desired: 2}', 'max: 5}\n      labels: {tier: web}')
        .replace('allow: [203.0.113.0/24]}', 'allow: [198.51.100.0/24]}\n  logs: [api]')
        .replace(more, ''),
    );
    let kills: readonly Kill[] = [];
    const road = await watched(async () => {
      kills = (await killWalk({ sandbox, state: roadstead.state, args: up(), forgetEvery: 5 })).kills;
    });
    everyMomentWasKilled(road, kills);
    const operations = kills.map(({ write }) => write.operation);
    for (const operation of changing) expect(operations).toContain(operation);
    expect(madeTwice(road.entries)).toEqual([]);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });
});

function judge(road: Road, kills: readonly Kill[], calm: Road | undefined): void {
  if (calm === undefined) throw new Error('the road in peace was not walked');
  everyMomentWasKilled(road, kills);
  expect(named(road.asked)).toEqual(named(calm.asked));
  expect(kills.length).toBeGreaterThanOrEqual(2 * calm.asked.length);
  expect(road.made).toEqual(calm.made);
  expect(madeTwice(road.entries)).toEqual([]);
}

/** Every kill was at a held request, and every mutating request was killed at both moments. */
function everyMomentWasKilled(road: Road, kills: readonly Kill[]): void {
  const outcome = new Map(road.entries.map((entry) => [entry.seq, entry.outcome]));
  for (const { seq, moment } of kills) expect(outcome.get(seq)).toBe(moment === 'before' ? 'abandoned' : 'ok');
  const moments = new Set(kills.map(({ write, moment }) => `${moment} ${writeKey(write)}`));
  const owed = road.asked.flatMap((write) => [`before ${write}`, `after ${write}`]);
  expect(owed.filter((moment) => !moments.has(moment))).toEqual([]);
}

/** Requests without the ids that differ from one life of a name to the next. */
function named(asked: readonly string[]): string[] {
  const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(subnet|sg|vpc|lt|eni|a)-[0-9a-z]{17}\b/g;
  return asked.map((write) => write.replace(id, 'ID')).toSorted();
}

/** Requests that made a thing more than once: done twice, and not under one token. */
function madeTwice(entries: readonly JournalEntry[]): string[] {
  const tokens = new Map<string, string[]>();
  for (const entry of entries) {
    if (!entry.mutating || entry.outcome !== 'ok' || !makes(entry.operation)) continue;
    const key = writeKey(writeOf(entry));
    tokens.set(key, [...(tokens.get(key) ?? []), tokenOf(entry) ?? `request ${entry.seq}`]);
  }
  return [...tokens].filter(([, used]) => new Set(used).size > 1).map(([key]) => key);
}

function tokenOf({ input }: JournalEntry): string | undefined {
  const members = Object.entries(typeof input === 'object' && input !== null ? input : {});
  return members.find(([name]) => /token$/i.test(name))?.[1] as string | undefined;
}

/** Operations that make one more thing or change. Tags are no things; a change set is none before it is executed. */
const makes = (operation: string): boolean =>
  /^(Create|Run|Allocate|Execute)/.test(operation) && !/^Create(Tags|ChangeSet)$/.test(operation);

interface Count {
  readonly by: string;
  readonly service: string;
  readonly operation: string;
  readonly count: number;
}

async function watched(walk: () => Promise<unknown>): Promise<Road> {
  const [seq, counted] = [await lastSeq(sandbox), await makings()];
  await walk();
  const entries = await sandbox.journal(seq);
  const asked = new Set(entries.filter(({ mutating }) => mutating).map((entry) => writeKey(writeOf(entry))));
  const made = Object.entries(await makings()).map(([what, count]) => [what, count - (counted[what] ?? 0)] as const);
  return { asked: [...asked], made: Object.fromEntries(made.filter(([, count]) => count > 0)), entries };
}

/** Successful calls so far that made something, by operation: requests of clients and AWS's own behind them. */
async function makings(): Promise<Record<string, number>> {
  const { counts } = await sandbox.control<{ counts: Count[] }>('GET', 'counts');
  const sums: Record<string, number> = {};
  for (const { by, service, operation, count } of counts) {
    if (makes(operation)) sums[`${by} ${service}:${operation}`] = (sums[`${by} ${service}:${operation}`] ?? 0) + count;
  }
  return sums;
}
