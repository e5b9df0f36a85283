import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { deleteLeftover } from '../down/leftover-step.ts';
import { applyAccessEntry, deleteAccessEntry } from '../eks/access-step.ts';
import { applyAddon, deleteAddon } from '../eks/addon-step.ts';
import { applyAssociation, deleteAssociation } from '../eks/association-step.ts';
import { applyCluster, applyVersion, deleteCluster, unprotectCluster } from '../eks/cluster-step.ts';
import { applyLogRetention, deleteLogGroup } from '../eks/log-retention-step.ts';
import { applyNodeGroup, deleteNodeGroup } from '../eks/node-group-step.ts';
import { describeStack } from '../observe/observe-stacks.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { desiredStack } from '../plan/desired.ts';
import { stackNameOf } from '../plan/stack-name.ts';
import { isOurs } from '../plan/tags.ts';
import { applyStack, protectStack } from '../stacks/apply-stack.ts';
import { deleteStack } from '../stacks/delete-stack.ts';
import type { AwsRunContext, StepResult } from './context.ts';
import { liveOutputs, settled } from './live-outputs.ts';
import { patient } from './patient.ts';
import { planMoved } from './plan-moved.ts';

/** The step for one kind of change; `name` is what follows the kind in the change's id. */
type Step = (context: AwsRunContext, change: Change, release: Release, name: string) => Promise<StepResult>;

interface Kind {
  readonly prefix: string;
  readonly apply?: Step;
  /** What a way down changes without a release. */
  readonly release?: (context: AwsRunContext, change: Change, name: string) => Promise<StepResult>;
  readonly remove?: (context: AwsRunContext, change: Change, name: string) => Promise<StepResult>;
}

/** Longest prefixes first where one begins another. */
const kinds: readonly Kind[] = [
  { prefix: 'stack/', apply: applyStackChange, release: releaseStackChange, remove: removeStackChange },
  { prefix: 'aws/', remove: deleteLeftover },
  { prefix: 'logs/group', remove: deleteLogGroup },
  { prefix: 'eks/cluster/version', apply: (context, change, release) => applyVersion(context, change, release) },
  { prefix: 'eks/cluster/protection', release: unprotectCluster },
  { prefix: 'eks/cluster', apply: applyCluster, remove: deleteCluster },
  {
    prefix: 'logs/retention',
    apply: (context, change, release) => applyLogRetention(context, change, release.eks.logRetentionDays),
  },
  { prefix: 'eks/access-entry/', apply: applyAccessEntry, remove: deleteAccessEntry },
  { prefix: 'eks/pod-identity/', apply: applyAssociation, remove: deleteAssociation },
  { prefix: 'eks/add-on/', apply: applyAddonChange, remove: deleteAddon },
  { prefix: 'eks/node-group/', apply: applyNodeGroupChange, remove: deleteNodeGroup },
];

/**
 * Executes one line of an AWS plan: looks, sends what is missing, waits until it holds. Safe to repeat after any cut; the
 * state of the world, not a journal, says where to go on. A way down needs no release. Throws `RoadsteadError` with the cause and a hint.
 */
export async function executeAwsChange(run: AwsRunContext, change: Change, release?: Release): Promise<StepResult> {
  const context = patient(run, change);
  const kind = kinds.find(({ prefix }) => change.id.startsWith(prefix));
  if (kind === undefined) throw new Error(`${change.id} is no change of AWS`);
  const name = change.id.slice(kind.prefix.length);
  if (change.action === 'delete') {
    if (kind.remove === undefined) throw new Error(`${change.id} cannot be deleted`);
    return kind.remove(context, change, name);
  }
  if (release !== undefined && kind.apply !== undefined) return kind.apply(context, change, release, name);
  if (kind.release === undefined) throw new Error(`${change.id} cannot be changed without its release`);
  return kind.release(context, change, name);
}

/** Whether a line of a plan is carried out by `executeAwsChange`. */
export function isAwsChange(change: Pick<Change, 'id'>): boolean {
  return kinds.some(({ prefix }) => change.id.startsWith(prefix));
}

async function applyStackChange(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const stack = release.stacks.find(({ id }) => id === name);
  if (stack === undefined) throw new Error(`${change.id} is no stack of the release`);
  const outputs = await liveOutputs(context, release, stack.parameters);
  const desired = desiredStack(release, stack, outputs);
  settled(change.what, { value: desired.parameters, unknown: desired.unknown });
  return applyStack(context, change, desired);
}

/** Takes the termination protection off: `stack/<id>/protection`. */
async function releaseStackChange(context: AwsRunContext, change: Change, name: string): Promise<StepResult> {
  const started = context.clock.monotonic();
  const stack = await findStack(context, change, name.replace(/\/protection$/, ''));
  const isOn = stack?.terminationProtection === true;
  if (isOn) await protectStack(context, stack.stackName, false);
  return { outcome: isOn ? 'changed' : 'unchanged', seconds: (context.clock.monotonic() - started) / 1000 };
}

async function removeStackChange(context: AwsRunContext, change: Change, name: string): Promise<StepResult> {
  return deleteStack(context, change, await findStack(context, change, name));
}

/** The stack of ours that a line names by its id, or by its name where that is no id. */
async function findStack(context: AwsRunContext, change: Change, id: string): Promise<ObservedStack | undefined> {
  const { cluster, reader, signal } = context;
  const found =
    (await describeStack(reader, stackNameOf(cluster, id), signal)) ?? (await describeStack(reader, id, signal));
  if (found === undefined || isOurs(found.tags, cluster)) return found;
  throw planMoved(change, 'a stack of that name is there and was not made by Roadstead for this cluster');
}

async function applyAddonChange(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const addon = release.eks.addons.find(({ request }) => request.addonName === name);
  if (addon === undefined) throw new Error(`${change.id} is no add-on of the release`);
  return applyAddon(context, change, release, addon);
}

async function applyNodeGroupChange(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const group = release.eks.nodeGroups.find(({ request }) => request.nodegroupName === name);
  if (group === undefined) throw new Error(`${change.id} is no node group of the release`);
  return applyNodeGroup(context, change, release, group);
}
