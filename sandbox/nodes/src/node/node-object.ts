import { isMinor, releases } from '@roadstead/sandbox-control-plane';
import type { KubeletSettings, Taint } from '../bootstrap/kubelet-config.ts';
import { type NodeSize, resourceList } from './capacity.ts';
import type { InstanceType } from './instance-type.ts';

export interface NodeFacts {
  readonly instanceId: string;
  readonly privateDnsName: string;
  readonly privateIp: string;
  readonly zone: string;
  readonly zoneId: string | undefined;
  readonly region: string;
  readonly type: InstanceType;
  readonly imageId: string;
  readonly lifecycle: 'spot' | 'on-demand';
  readonly nodeGroup: string | undefined;
  readonly useInstanceIdAsName: boolean;
  readonly kubeletVersion: string;
  /** Where the API server reaches the kubelet. */
  readonly kubelet: { readonly address: string; readonly port: number };
  readonly settings: KubeletSettings;
  readonly capacity: NodeSize;
  readonly allocatable: NodeSize;
  /** Where local disks are mounted, one path a disk. */
  readonly localMounts: readonly string[];
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime?: string;
  readonly lastTransitionTime?: string;
}

export function nodeName(facts: Pick<NodeFacts, 'instanceId' | 'privateDnsName' | 'useInstanceIdAsName'>): string {
  return facts.useInstanceIdAsName ? facts.instanceId : facts.privateDnsName;
}

/** The Node as the kubelet registers it: everything but its status. */
export function nodeManifest(facts: NodeFacts): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName(facts),
      labels: nodeLabels(facts),
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        'alpha.kubernetes.io/provided-node-ip': facts.privateIp,
        ...(facts.localMounts.length === 0
          ? {}
          : { 'sandbox.roadstead.dev/local-storage': facts.localMounts.join(',') }),
      },
    },
    spec: {
      providerID: `aws:///${facts.zone}/${facts.instanceId}`,
      ...(facts.settings.taints.length === 0 ? {} : { taints: uniqueTaints(facts.settings.taints) }),
    },
  };
}

/** What kubelet and cloud controller set themselves wins over `--node-labels`, as theirs are written last. */
export function nodeLabels(facts: NodeFacts): Readonly<Record<string, string>> {
  const group = facts.nodeGroup;
  return {
    ...(group === undefined
      ? {}
      : {
          'eks.amazonaws.com/nodegroup': group,
          'eks.amazonaws.com/nodegroup-image': facts.imageId,
          'eks.amazonaws.com/capacityType': facts.lifecycle === 'spot' ? 'SPOT' : 'ON_DEMAND',
        }),
    ...facts.settings.labels,
    'kubernetes.io/hostname': nodeName(facts),
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': facts.type.architecture,
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': facts.type.architecture,
    'node.kubernetes.io/instance-type': facts.type.name,
    'beta.kubernetes.io/instance-type': facts.type.name,
    'topology.kubernetes.io/zone': facts.zone,
    'topology.kubernetes.io/region': facts.region,
    'failure-domain.beta.kubernetes.io/zone': facts.zone,
    'failure-domain.beta.kubernetes.io/region': facts.region,
    'k8s.io/cloud-provider-aws': 'sandbox',
    ...(facts.zoneId === undefined ? {} : { 'topology.k8s.aws/zone-id': facts.zoneId }),
  };
}

function uniqueTaints(taints: readonly Taint[]): readonly Taint[] {
  const byKey = new Map(taints.map((taint) => [`${taint.key}:${taint.effect}`, taint]));
  return [...byKey.values()];
}

/** The status that the kubelet posts, but for what changes with time. */
export function nodeStatus(facts: NodeFacts): Record<string, unknown> {
  return {
    addresses: [
      { type: 'InternalIP', address: facts.kubelet.address },
      { type: 'InternalDNS', address: facts.privateDnsName },
      { type: 'Hostname', address: facts.privateDnsName },
    ],
    capacity: resourceList(facts.capacity),
    allocatable: resourceList(facts.allocatable),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubelet.port } },
    nodeInfo: {
      machineID: `ec2${facts.instanceId.replace(/^i-/, '').padStart(29, '0')}`.slice(0, 32),
      systemUUID: `ec2${facts.instanceId.replace(/^i-/, '')}`,
      bootID: facts.instanceId,
      kernelVersion: '6.12.40-64.114.amzn2023',
      osImage: 'Amazon Linux 2023 (Roadstead sandbox)',
      containerRuntimeVersion: 'containerd://2.1.5',
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: facts.kubeletVersion,
      operatingSystem: 'linux',
      architecture: facts.type.architecture,
    },
  };
}

/** `true`: the network plugin runs on the node. `lost`: nobody hears of the kubelet. */
export type NodeHealth = 'ready' | 'no-network' | 'lost';

/** The four conditions of a node, with times: a transition's time stays while the condition does. */
export function nodeConditions(health: NodeHealth, before: readonly Condition[], now: string): readonly Condition[] {
  return conditionTable(health).map((condition) => {
    const old = before.find((candidate) => candidate.type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
    return {
      ...condition,
      lastHeartbeatTime: health === 'lost' ? (old?.lastHeartbeatTime ?? now) : now,
      lastTransitionTime,
    };
  });
}

function conditionTable(health: NodeHealth): readonly Condition[] {
  if (health === 'lost') {
    const lost = {
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    } as const;
    return ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({ type, ...lost }));
  }
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    readiness(health),
  ];
}

function fine(type: string, reason: string, message: string): Condition {
  return { type, status: 'False', reason, message };
}

function readiness(health: 'ready' | 'no-network'): Condition {
  if (health === 'ready')
    return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const message =
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
  return { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message };
}

/** The kubelet of an EKS AMI: minor and release by the image's name, else the cluster's minor. */
export function kubeletVersionOf(imageName: string | undefined, clusterMinor: string): string {
  const match = /-(\d+\.\d+)-v(\d{8})/.exec(imageName ?? '');
  const minor = match?.[1] ?? clusterMinor;
  return `${isMinor(minor) ? releases[minor] : `v${minor}.0`}-eks-${match?.[2] ?? 'custom'}`;
}

/** One mount a disk, counted from 1, as nodeadm's local disk setup does. */
export function localMounts(
  strategy: string | undefined,
  mountPath: string | undefined,
  disks: number,
): readonly string[] {
  if (strategy === undefined || disks === 0) return [];
  const base = (mountPath ?? '/mnt/k8s-disks').replace(/\/+$/, '');
  if (strategy !== 'Mount') return [`${base}/0`];
  return Array.from({ length: disks }, (_, index) => `${base}/${index + 1}`);
}
