import { setTimeout as delay } from 'node:timers/promises';
import { KubeClient } from '../kube/kube-client.ts';
import type { EksClusters } from '../ports.ts';
import { type Members, records, text, within } from '../shared/read.ts';
import type { RealSandbox } from './real-sandbox.ts';

/** A node group whose instances never join. */
export const lostGroup = 'lost';

/**
 * The least that stands in for `@roadstead/sandbox-nodes`, which depends on this package: every instance of a group's
 * Auto Scaling group is a Ready node, but those of `lostGroup`; every bound pod runs at once, and what ends is forgotten.
 */
export async function playNodes(sandbox: RealSandbox, clusters: EksClusters, signal: AbortSignal): Promise<void> {
  const clients = new Map<string, KubeClient>();
  while (!signal.aborted) {
    for (const cluster of clusters.list()) {
      const kube =
        clients.get(cluster.id) ??
        new KubeClient({ endpoint: cluster.endpoint, caPem: cluster.caPem, ...cluster.admin });
      clients.set(cluster.id, kube);
      try {
        const groups = clusters.nodeGroups(cluster).filter((group) => group.name !== lostGroup);
        for (const group of groups) await playGroup(sandbox, kube, group.name, group.asgName);
        await playPods(kube);
      } catch {
        // The control plane restarts or ends: the next pass tries again.
      }
    }
    await delay(200);
  }
  for (const kube of clients.values()) await kube.close();
}

async function playGroup(sandbox: RealSandbox, kube: KubeClient, group: string, asgName: string): Promise<void> {
  const found = await sandbox.aws('autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: [asgName] });
  const ids = records(records(found, 'AutoScalingGroups')[0] ?? {}, 'Instances').map(
    (one) => text(one, 'InstanceId') ?? '',
  );
  const selector = `labelSelector=${encodeURIComponent(`eks.amazonaws.com/nodegroup=${group}`)}`;
  const nodes = await kube.list({ apiVersion: 'v1', kind: 'Node' }, selector);
  const known = new Map(nodes.map((node) => [text(within(node, 'spec'), 'providerID')?.split('/').at(-1), node]));
  for (const id of ids.filter((one) => !known.has(one))) await join(kube, group, id);
  for (const [id, node] of known) {
    if (id !== undefined && ids.includes(id)) continue;
    await kube.delete({ apiVersion: 'v1', kind: 'Node', name: nameOf(node) });
  }
}

async function join(kube: KubeClient, group: string, instanceId: string): Promise<void> {
  await kube.apply(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: instanceId, labels: { 'eks.amazonaws.com/nodegroup': group, 'kubernetes.io/os': 'linux' } },
      spec: { providerID: `aws:///eu-central-1a/${instanceId}` },
    },
    { fieldManager: 'node', force: true },
  );
  const room = { cpu: '8', memory: '16Gi', pods: '100', 'ephemeral-storage': '100Gi' };
  await kube.status(
    { apiVersion: 'v1', kind: 'Node', name: instanceId },
    {
      capacity: room,
      allocatable: room,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Double', lastHeartbeatTime: new Date().toISOString() }],
    },
  );
}

async function playPods(kube: KubeClient): Promise<void> {
  const names = new Set((await kube.list({ apiVersion: 'v1', kind: 'Node' })).map(nameOf));
  for (const pod of await kube.list({ apiVersion: 'v1', kind: 'Pod' })) {
    const node = text(within(pod, 'spec'), 'nodeName');
    if (node === undefined) continue;
    const namespace = text(within(pod, 'metadata'), 'namespace');
    const address = { apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), namespace };
    if (text(within(pod, 'metadata'), 'deletionTimestamp') !== undefined || !names.has(node))
      await kube.forceDelete(address);
    else if (text(within(pod, 'status'), 'phase') === 'Pending') await kube.status(address, running(pod));
  }
}

function running(pod: Members): object {
  const at = new Date().toISOString();
  return {
    phase: 'Running',
    startTime: at,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: at,
    })),
    containerStatuses: records(within(pod, 'spec'), 'containers').map((container) => ({
      name: container.name,
      image: container.image,
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: at } },
    })),
  };
}

function nameOf(object: Members): string {
  return text(within(object, 'metadata'), 'name') ?? '';
}
