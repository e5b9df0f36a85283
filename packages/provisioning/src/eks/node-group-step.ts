import type { Release, ReleaseNodeGroup } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { planMoved, refuseMoved } from '../execute/plan-moved.ts';
import { describeNodeGroup, observeNodeGroups } from '../observe/observe-eks.ts';
import type { ObservedNodeGroup } from '../observe/observed.ts';
import { desiredNodeGroup } from '../plan/desired.ts';
import { at, compareFields, type FieldDifference, nodeGroupFields } from '../plan/eks-fields.ts';
import { worstClass } from '../plan/lines.ts';
import { replacedBy } from '../plan/plan-node-groups.ts';
import { usual } from '../plan/usual-seconds.ts';
import { followed, sendEks, unfollowed } from './eks-write.ts';
import { describeIssues, unhealthy } from './health.ts';
import { nodeGroupConfigBody, nodeGroupVersionBody } from './requests.ts';

/**
 * Makes a node group and waits until EKS calls it ACTIVE, or changes it in place. A replacement makes the new group
 * first and deletes what it takes the place of afterwards; EKS drains.
 */
export async function applyNodeGroup(
  context: AwsRunContext,
  change: Change,
  release: Release,
  group: ReleaseNodeGroup,
): Promise<StepResult> {
  const started = context.clock.monotonic();
  const outputs = await liveOutputs(context, release, group.request);
  const desired = settled(change.what, desiredNodeGroup(release, group, outputs));
  const made = await new NodeGroupWork(context, change, group.request.nodegroupName, desired).run();
  if (change.action !== 'replace') return made;
  const there = await observeNodeGroups(context.reader, context.cluster, context.signal);
  const old = replacedBy(context.cluster, group, release.eks.nodeGroups, there);
  for (const name of old) await deleteNodeGroup(context, { ...change, what: `node group ${name}` }, name);
  const outcome = old.length > 0 ? 'changed' : made.outcome;
  return { outcome, seconds: (context.clock.monotonic() - started) / 1000 };
}

class NodeGroupWork {
  readonly #context: AwsRunContext;
  readonly #change: Change;
  readonly #name: string;
  readonly #desired: JsonObject;
  /** True once this step has seen the group being made: from then on a failure is told, not mended. */
  #begun = false;
  #degradedSince: number | undefined;

  constructor(context: AwsRunContext, change: Change, name: string, desired: JsonObject) {
    this.#context = context;
    this.#change = change;
    this.#name = name;
    this.#desired = desired;
  }

  run(): Promise<StepResult> {
    return converge(this.#context, {
      change: this.#change,
      resource: this.#change.what,
      usualSeconds: this.#change.usualSeconds ?? usual.nodeGroupCreate,
      longestSeconds: (this.#change.usualSeconds ?? usual.nodeGroupCreate) * 10,
      look: async () => {
        const { reader, cluster, signal } = this.#context;
        return this.#decide(await describeNodeGroup(reader, cluster, this.#name, signal));
      },
    });
  }

  #decide(found: ObservedNodeGroup | undefined): Pass {
    if (found === undefined) return { kind: 'act', what: 'create the node group', send: () => this.#create() };
    switch (found.status) {
      case 'CREATE_FAILED':
        if (this.#begun) throw unhealthy(this.#change.what, found.status, found.health);
        return { kind: 'act', what: 'delete what failed before', send: () => this.#delete() };
      case 'DELETE_FAILED':
        return { kind: 'act', what: 'delete it again', send: () => this.#delete() };
      case 'ACTIVE':
        this.#degradedSince = undefined;
        return this.#compare(found) ?? { kind: 'done' };
      case 'DEGRADED':
        return this.#compare(found) ?? this.#degraded(found);
      default:
        this.#begun ||= found.status === 'CREATING';
        return { kind: 'wait', status: found.status, for: describeIssues(found.health) || 'its nodes' };
    }
  }

  /** Some issues pass by themselves; one that stays for two minutes is told. */
  #degraded(found: ObservedNodeGroup): Pass {
    const now = this.#context.clock.monotonic();
    this.#degradedSince ??= now;
    const patienceMs = Math.max(10_000, 120_000 * this.#context.pollScale);
    if (now - this.#degradedSince > patienceMs) throw unhealthy(this.#change.what, found.status, found.health);
    return { kind: 'wait', status: found.status, for: describeIssues(found.health) };
  }

  #compare(found: ObservedNodeGroup): Pass | undefined {
    const differences = compareFields(nodeGroupFields, this.#desired, found.described);
    if (differences.length === 0) return undefined;
    const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : ('replace' as const)));
    refuseMoved(this.#change, { class: worstClass(classes), fields: differences });
    if (differences.some(({ rule }) => rule.how === 'replace')) {
      if (this.#begun || this.#change.action !== 'replace') {
        throw planMoved(this.#change, 'a field differs that cannot be changed in place');
      }
      return { kind: 'act', what: 'delete it, to make it anew', send: () => this.#delete() };
    }
    return this.#nextUpdate(found, differences);
  }

  #nextUpdate(found: ObservedNodeGroup, differences: readonly FieldDifference[]): Pass {
    const of = (call: string) => differences.filter(({ rule }) => rule.how === 'in-place' && rule.call === call);
    const config = of('UpdateNodegroupConfig');
    const place = { clusterName: this.#context.cluster, nodegroupName: this.#name };
    const reference = { name: this.#context.cluster, nodegroupName: this.#name };
    if (of('TagResource').length > 0) {
      const request = { resourceArn: String(at(found.described, 'nodegroupArn')), tags: this.#desired.tags ?? {} };
      return {
        kind: 'act',
        what: 'TagResource',
        send: () => unfollowed(sendEks(this.#context, 'TagResource', request)),
      };
    }
    if (config.length > 0) {
      const body = nodeGroupConfigBody(this.#desired, found.described, config);
      const request = { ...place, ...body, clientRequestToken: this.#token('config', JSON.stringify(body)) };
      const send = async () => followed(await sendEks(this.#context, 'UpdateNodegroupConfig', request), reference);
      return { kind: 'act', what: `change ${config.map(({ path }) => path).join(', ')}`, send };
    }
    const body = nodeGroupVersionBody(this.#desired, differences);
    const request = { ...place, ...body, clientRequestToken: this.#token('version', JSON.stringify(body)) };
    const send = async () => followed(await sendEks(this.#context, 'UpdateNodegroupVersion', request), reference);
    return { kind: 'act', what: `roll to ${differences.map(({ path }) => path).join(', ')}`, send };
  }

  #create(): Promise<undefined> {
    this.#begun = true;
    const clientRequestToken = this.#token('create');
    const request = { ...this.#desired, clusterName: this.#context.cluster, clientRequestToken };
    return unfollowed(sendEks(this.#context, 'CreateNodegroup', request));
  }

  #delete(): Promise<undefined> {
    const request = { clusterName: this.#context.cluster, nodegroupName: this.#name };
    return unfollowed(sendEks(this.#context, 'DeleteNodegroup', request));
  }

  #token(...state: string[]): string {
    return clientToken(this.#context, this.#change, ...state);
  }
}

/** Deletes a node group; EKS drains its nodes. Nothing to do when it is not there. */
export function deleteNodeGroup(context: AwsRunContext, change: Change, nodegroupName: string): Promise<StepResult> {
  let tried = false;
  return converge(context, {
    change,
    resource: change.what,
    usualSeconds: usual.nodeGroupDelete,
    longestSeconds: usual.nodeGroupDelete * 8,
    look: async () => {
      const found = await describeNodeGroup(context.reader, context.cluster, nodegroupName, context.signal);
      if (found === undefined) return { kind: 'done' };
      if (found.status === 'DELETE_FAILED' && tried) throw unhealthy(change.what, found.status, found.health);
      if (found.status === 'DELETING' || found.status === 'CREATING' || found.status === 'UPDATING') {
        return {
          kind: 'wait',
          status: found.status,
          for: describeIssues(found.health) || 'its nodes to drain and end',
        };
      }
      const send = () => {
        tried = true;
        return unfollowed(sendEks(context, 'DeleteNodegroup', { clusterName: context.cluster, nodegroupName }));
      };
      return { kind: 'act', what: 'delete the node group', send };
    },
  });
}
