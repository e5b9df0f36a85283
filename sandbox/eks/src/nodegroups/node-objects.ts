import type { KubeClient } from '../kube/kube-client.ts';
import type { NodegroupRecord } from '../model.ts';
import type { Taint } from '../ports.ts';
import { type Members, records, requiredText, text, within } from '../shared/read.ts';

export interface NodeFacts {
  readonly name: string;
  readonly instanceId: string;
  readonly ready: boolean;
  readonly taints: readonly Members[];
}

const nodeKind = { apiVersion: 'v1', kind: 'Node' };

/** The group's Node objects, as the cluster has them. */
export async function nodesOfGroup(
  kube: KubeClient,
  group: string,
  signal: AbortSignal,
): Promise<readonly NodeFacts[]> {
  const selector = `labelSelector=${encodeURIComponent(`eks.amazonaws.com/nodegroup=${group}`)}`;
  return (await kube.list(nodeKind, selector, signal)).map(nodeFacts);
}

function nodeFacts(node: Members): NodeFacts {
  const conditions = records(within(node, 'status'), 'conditions');
  const provider = text(within(node, 'spec'), 'providerID') ?? '';
  return {
    name: requiredText(within(node, 'metadata'), 'name'),
    instanceId: provider.slice(provider.lastIndexOf('/') + 1),
    ready: conditions.some((one) => text(one, 'type') === 'Ready' && text(one, 'status') === 'True'),
    taints: records(within(node, 'spec'), 'taints'),
  };
}

/** Puts label and taint changes of a group on the nodes that are there. */
export async function relabelNodes(
  kube: KubeClient,
  group: Pick<NodegroupRecord, 'name'>,
  labels: Readonly<Record<string, string | null>>,
  taints: { readonly set: readonly Taint[]; readonly removed: readonly Taint[] },
  signal: AbortSignal,
): Promise<void> {
  for (const node of await nodesOfGroup(kube, group.name, signal)) {
    const next = mergeTaints(node.taints, taints.set, taints.removed);
    const patch = { metadata: { labels }, ...(next === undefined ? {} : { spec: { taints: next } }) };
    await kube.merge({ ...nodeKind, name: node.name }, patch, signal);
  }
}

/** A node's taints after a change; those of others stay. `undefined` when nothing changes. */
export function mergeTaints(
  current: readonly Members[],
  set: readonly Taint[],
  removed: readonly Taint[],
): readonly object[] | undefined {
  if (set.length === 0 && removed.length === 0) return undefined;
  const same = (a: Members | Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = current.filter((taint) => ![...set, ...removed].some((other) => same(taint, other)));
  return [...kept, ...set];
}

export async function setUnschedulable(
  kube: KubeClient,
  node: string,
  value: boolean,
  signal: AbortSignal,
): Promise<void> {
  await kube.merge({ ...nodeKind, name: node }, { spec: { unschedulable: value ? true : null } }, signal);
}
