import type { ReleaseStack } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { canonicalJson } from '@roadstead/foundation';
import type { ObservedStack } from '../observe/observed.ts';
import { stackAction } from '../stacks/stack-action.ts';
import { type DesiredStack, desiredStack } from './desired.ts';
import type { Outputs } from './late-values.ts';
import { lateMembers, shown, whyUpdated } from './lines.ts';
import type { PlanScope, Refusal } from './plan-aws.ts';
import { diffStack, type StackDiff } from './stack-diff.ts';
import { stackIdOf } from './stack-name.ts';
import { isOurs } from './tags.ts';
import { usual, usualStackSeconds } from './usual-seconds.ts';

/** CloudFormation takes no longer template in a request. */
const maxTemplateBytes = 51_200;

interface StackPlan {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  /** What is known, without what a planned change may move. */
  readonly outputs: Outputs;
}

/** Stacks in the release's order, so that what an earlier one moves is unknown to the later ones. */
export function planStacks(scope: PlanScope): StackPlan {
  const changes: Change[] = [];
  const refusals: Refusal[] = [];
  let outputs = scope.outputs;
  for (const stack of scope.release.stacks) {
    const desired = desiredStack(scope.release, stack, outputs);
    const observed = scope.observed.stacks[stack.stackName];
    const refusal = refuse(scope, desired, observed);
    if (refusal !== undefined) {
      refusals.push(refusal);
      continue;
    }
    const planned = planStack(scope, stack, desired, observed);
    if (planned.change !== undefined) changes.push(planned.change);
    outputs = without(outputs, stack.id, planned.moving);
  }
  return { changes: [...changes, ...planLeftovers(scope)], refusals, outputs };
}

function refuse(scope: PlanScope, desired: DesiredStack, observed: ObservedStack | undefined): Refusal | undefined {
  const what = `stack ${desired.stackName}`;
  const size = Buffer.byteLength(canonicalJson(desired.template));
  if (size > maxTemplateBytes) {
    return {
      code: 'TEMPLATE_TOO_LARGE',
      what,
      message: `the template of ${desired.stackName} has ${size} bytes, CloudFormation takes ${maxTemplateBytes}`,
      hint: 'split the stack in the channel, or shorten its user data',
    };
  }
  if (observed === undefined) return undefined;
  if (!isOurs(observed.tags, scope.release.cluster.name)) {
    return {
      code: 'FOREIGN_STACK',
      what,
      message: `a stack named ${desired.stackName} is there and was not made by Roadstead for this cluster`,
      hint: 'rename the cluster, or delete that stack when nobody needs it',
    };
  }
  const action = stackAction(observed.status, { wanted: true, differs: true });
  if (action.kind !== 'refuse') return undefined;
  return {
    code: 'STACK_NOT_USABLE',
    what,
    message: action.reason,
    hint: 'bring the stack to rest in the CloudFormation console',
  };
}

interface OnePlan {
  readonly change?: Change;
  /** Outputs that are not known until the change is made. */
  readonly moving: readonly string[] | 'all';
}

function planStack(
  scope: PlanScope,
  stack: ReleaseStack,
  desired: DesiredStack,
  observed: ObservedStack | undefined,
): OnePlan {
  const base = {
    id: `stack/${stack.id}`,
    phase: stack.phase,
    what: `stack ${stack.stackName}`,
    usualSeconds: usualStackSeconds(stack.phase),
  };
  const created = () => ({ action: 'create' as const, class: 'safe' as const, ...createdStack(desired) });
  if (observed === undefined) {
    return { change: { ...base, ...created(), why: 'declared, not there yet' }, moving: 'all' };
  }
  const diff = diffStack(desired, observed);
  const action = stackAction(observed.status, { wanted: true, differs: diff.fields.length > 0 });
  if (action.kind === 'none') return { moving: [] };
  const goes = observed.status === 'DELETE_IN_PROGRESS' || observed.status === 'ROLLBACK_IN_PROGRESS';
  if (goes || action.kind === 'create' || action.kind === 'delete-then-create') {
    const why = `${observed.status}: what is left goes, then it is made again`;
    return { change: { ...base, ...created(), why }, moving: 'all' };
  }
  const unfinished = action.kind === 'update' ? undefined : `${observed.status}: not finished yet`;
  const line = {
    ...base,
    action: 'update' as const,
    fields: diff.fields.map(shownField),
    ...lateMembers(desired.unknown),
  };
  if (diff.fields.length === 0) {
    const why = unfinished ?? `${observed.status}: not finished yet`;
    return { change: { ...line, class: 'none', why }, moving: 'all' };
  }
  return {
    change: { ...line, class: diff.class, ...whyStack(scope, diff, unfinished) },
    moving: unfinished === undefined ? diff.movingOutputs : 'all',
  };
}

function shownField(field: StackDiff['fields'][number]): StackDiff['fields'][number] {
  return field.to === undefined ? field : { ...field, to: shown(field.to as never) };
}

function whyStack(scope: PlanScope, diff: StackDiff, unfinished: string | undefined) {
  if (unfinished !== undefined) return { why: unfinished };
  const paths = diff.fields.map((field) => field.path);
  return whyUpdated({ isDrift: scope.isDrift || diff.drifted }, paths);
}

function createdStack(desired: DesiredStack) {
  const resources = Object.entries(desired.template.Resources ?? {});
  return {
    fields: resources.map(([id, resource]) => ({ path: `Resources.${id}`, to: (resource as { Type?: string }).Type })),
    ...lateMembers(desired.unknown),
  };
}

/** Stacks that carry the cluster's tag and are in no release any more: those of removed pools. */
function planLeftovers(scope: PlanScope): Change[] {
  const wanted = new Set(scope.release.stacks.map((stack) => stack.stackName));
  return Object.values(scope.observed.stacks)
    .filter((stack) => !wanted.has(stack.stackName) && isOurs(stack.tags, scope.release.cluster.name))
    .map((stack) => deletedStack(scope.release.cluster.name, stack, 'no longer declared'))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The line that deletes a stack of ours. */
export function deletedStack(cluster: string, stack: ObservedStack, why: string): Change {
  const id = stackIdOf(cluster, stack);
  const phase = id === 'network' || id === 'foundation' ? id : 'pools';
  const resources = Object.entries(stack.template?.Resources ?? {});
  return {
    id: `stack/${id}`,
    phase,
    action: 'delete',
    class: 'disruptive',
    what: `stack ${stack.stackName}`,
    why,
    fields: resources.map(([name, resource]) => ({
      path: `Resources.${name}`,
      from: (resource as { Type?: string }).Type,
    })),
    usualSeconds: phase === 'network' ? usual.networkStackDelete : usual.stackDelete,
  };
}

function without(outputs: Outputs, id: string, moving: readonly string[] | 'all'): Outputs {
  if (moving === 'all') return { ...outputs, [id]: undefined };
  const known = Object.entries(outputs[id] ?? {}).filter(([name]) => !moving.includes(name));
  return { ...outputs, [id]: Object.fromEntries(known) };
}
