import { messageOf } from '@roadstead/foundation';
import { observe } from '@roadstead/provisioning';
import type { AuditEntry, Failure, Lease, Run, Step } from '@roadstead/store';
import { connectReader } from './connect.ts';
import { clusterIdOf } from './plan-up.ts';
import type { DeclaredCluster } from './target.ts';
import { countNodes, type NodeCount } from './verify.ts';
import type { ReadingWorld } from './world.ts';

/** What is recorded of a cluster, who works on it, and what is there. */
export interface Status {
  readonly cluster: string;
  /** As EKS says it: `ACTIVE`, `CREATING` …, or `not there`. */
  readonly controlPlane: string;
  readonly nextVersion?: string;
  readonly currentVersion?: string;
  readonly lastVersion?: string;
  readonly working?: {
    readonly user: string;
    readonly purpose: string;
    readonly pid: number;
    readonly host: string;
    readonly since: number;
  };
  readonly run?: {
    readonly id: string;
    readonly kind: string;
    /** As the journal has it, or `interrupted` when its process was killed. */
    readonly state: string;
    readonly startedAt: number;
    readonly endedAt?: number;
    readonly failure?: Failure;
    readonly steps: readonly {
      readonly id: string;
      readonly state: string;
      readonly seconds?: number;
      readonly failure?: Failure;
    }[];
  };
  readonly problems: readonly Failure[];
  readonly nodes: readonly NodeCount[];
  readonly addons: readonly { readonly name: string; readonly version: string; readonly status: string }[];
  readonly stacks: readonly { readonly name: string; readonly status: string }[];
  /** Who did what, newest first. */
  readonly history: readonly Omit<AuditEntry, 'subject'>[];
  /** What could not be read, and why. */
  readonly warnings: readonly string[];
}

/** Reads the store and the world. Right without a store: then it tells what is there. */
export async function readStatus(world: ReadingWorld, target: DeclaredCluster, signal: AbortSignal): Promise<Status> {
  const { name, account, region } = target.cluster;
  const id = clusterIdOf(target.cluster);
  const [recorded, observed] = await Promise.all([
    readRecorded(world, id),
    observe(world.reader, { cluster: { name, account, region } }, { drift: false, clock: world.clock, signal }),
  ]);
  const { nodes, warnings } = await readNodes(world, observed, signal);
  return {
    cluster: name,
    controlPlane: observed.eks?.status ?? 'not there',
    ...recorded,
    nodes,
    warnings,
    addons: Object.values(observed.addons).map((addon) => ({
      name: addon.name,
      version: String(addon.described.addonVersion ?? ''),
      status: addon.status,
    })),
    stacks: Object.values(observed.stacks).map(({ stackName, status }) => ({ name: stackName, status })),
  };
}

async function readRecorded({ store, clock, isGone }: ReadingWorld, id: string) {
  const [record, lease, run, audit] = await Promise.all([
    store.records.read(id),
    store.leases.read(id),
    store.journal.lastRun(id),
    store.audit.latest(id, mostHistory),
  ]);
  const steps = run === undefined ? [] : await store.journal.steps(run.id);
  const isHeld = lease !== undefined && isHolding(lease, { clock, isGone });
  const held = isHeld ? lease : undefined;
  return {
    ...(record?.nextVersion === undefined ? {} : { nextVersion: record.nextVersion }),
    ...(record?.currentVersion === undefined ? {} : { currentVersion: record.currentVersion }),
    ...(record?.lastVersion === undefined ? {} : { lastVersion: record.lastVersion }),
    ...(held === undefined ? {} : { working: workOf(held) }),
    ...(run === undefined ? {} : { run: runOf(run, steps, isHeld) }),
    problems: record?.problems ?? [],
    history: audit.map(({ subject: _, ...entry }) => entry),
  };
}

const mostHistory = 20;

/** Whether somebody works under a lease. */
export function isHolding(lease: Lease, { clock, isGone }: Pick<ReadingWorld, 'clock' | 'isGone'>): boolean {
  return lease.expiresAt > clock.now() && !isGone(lease.holder);
}

function workOf({ holder: { user, purpose, pid, host }, acquiredAt }: Lease): NonNullable<Status['working']> {
  return { user, purpose, pid, host, since: acquiredAt };
}

/** A run that says it runs while nobody holds the cluster was killed: the next one goes on from what is there. */
export function runOf(run: Run, steps: readonly Step[], isHeld: boolean): NonNullable<Status['run']> {
  return {
    id: run.id,
    kind: run.kind,
    state: run.state === 'running' && !isHeld ? 'interrupted' : run.state,
    startedAt: run.startedAt,
    ...(run.failure === undefined ? {} : { failure: run.failure }),
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    steps: steps.map(({ changeId, state, startedAt, endedAt, failure }) => ({
      id: changeId,
      state,
      ...(failure === undefined ? {} : { failure }),
      ...(endedAt === undefined ? {} : { seconds: (endedAt - startedAt) / 1000 }),
    })),
  };
}

/** None while there is no API server. One that does not answer, or does not let this caller in, is a warning. */
async function readNodes(
  world: ReadingWorld,
  observed: Parameters<typeof connectReader>[1],
  signal: AbortSignal,
): Promise<Pick<Status, 'nodes' | 'warnings'>> {
  const client = connectReader(world, observed);
  if (client === undefined) return { nodes: [], warnings: [] };
  try {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal });
    return { nodes: countNodes(items), warnings: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { nodes: [], warnings: [`Nodes cannot be listed: ${messageOf(error)}`] };
  } finally {
    await client.close();
  }
}
