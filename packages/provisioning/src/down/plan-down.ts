import type { Change, Phase } from '@roadstead/definition';
import type { ObservedAws, ObservedStack } from '../observe/observed.ts';
import { at } from '../plan/eks-fields.ts';
import { deletedAddon } from '../plan/plan-addons.ts';
import { deletedNodeGroup } from '../plan/plan-node-groups.ts';
import { deletedStack } from '../plan/plan-stacks.ts';
import { stackIdOf } from '../plan/stack-name.ts';
import { isOurs } from '../plan/tags.ts';
import { usual } from '../plan/usual-seconds.ts';
import { type Blocker, type Leftovers, makerOf } from './leftovers.ts';
import { ownGroupField, type Stay } from './receipt.ts';
import { takenAlongFields } from './taken-along.ts';

/** What happens to what holds data, and to logs. */
export interface DownPolicy {
  /** EBS volumes of claims, and their snapshots. */
  readonly volumes: 'keep' | 'delete';
  /** The control plane's log group. */
  readonly logs: 'keep' | 'delete';
}

export const defaultDownPolicy: DownPolicy = { volumes: 'keep', logs: 'keep' };

export interface DownPlan {
  /** In the order of execution; `orderDownChanges` gives the batches. */
  readonly changes: readonly Change[];
  /** While there is one, the way does not come to its end: nothing should be begun. */
  readonly blockers: readonly Blocker[];
  /** What remains by policy or because AWS keeps it. */
  readonly stays: readonly Stay[];
}

/** What takes a cluster back to nothing, from AWS alone: no store, no release, half-made clusters too. Pure. */
export function planDown(
  observed: ObservedAws,
  leftovers: Leftovers,
  policy: DownPolicy = defaultDownPolicy,
): DownPlan {
  const stacks = Object.values(observed.stacks)
    .filter((stack) => isOurs(stack.tags, observed.cluster))
    .toSorted((a, b) => (a.stackName < b.stackName ? -1 : 1));
  const changes = [
    ...leftoverChanges(leftovers, policy),
    ...insideChanges(observed),
    ...clusterChanges(observed),
    ...stacks.filter((stack) => stack.terminationProtection).map((stack) => unprotectedStack(observed.cluster, stack)),
    ...stacks.map((stack) => deletedStack(observed.cluster, stack, why)),
    ...logChanges(observed, policy),
  ];
  return {
    changes: orderDownChanges(changes).flat(),
    blockers: [...leftovers.foreign, ...foreignInside(observed)],
    stays: [...staysOf(observed, leftovers, policy), ...keysThatStay(stacks)],
  };
}

const why = 'the cluster is taken down';

function leftover(kind: string, name: string, phase: Phase, what: string, more: Partial<Change> = {}): Change {
  return {
    id: `aws/${kind}/${name}`,
    phase,
    action: 'delete',
    class: 'disruptive',
    what,
    why: 'Kubernetes made it and leaves it behind',
    fields: [],
    usualSeconds: usual.quick,
    ...more,
  };
}

/** Volumes go after the nodes that hold them, groups and interfaces after the load balancers that use them. */
function leftoverChanges(leftovers: Leftovers, policy: DownPolicy): Change[] {
  const data = policy.volumes === 'delete';
  return [
    ...leftovers.loadBalancers.map(({ name }) =>
      leftover('load-balancer', name, 'manifests', `load balancer ${name}`, { usualSeconds: usual.loadBalancerDelete }),
    ),
    ...leftovers.classicLoadBalancers.map((name) =>
      leftover('classic-load-balancer', name, 'manifests', `classic load balancer ${name}`, {
        usualSeconds: usual.loadBalancerDelete,
      }),
    ),
    ...leftovers.targetGroups.map(({ name }) =>
      leftover('target-group', name, 'add-ons-after', `target group ${name}`),
    ),
    ...(data ? leftovers.volumes : []).map(({ id, claim, sizeGiB }) =>
      leftover('volume', id, 'access', `volume ${id} (${claim ?? 'no claim'}, ${sizeGiB} GiB)`, {
        usualSeconds: usual.volumeDelete,
      }),
    ),
    ...(data ? leftovers.snapshots : []).map(({ id }) => leftover('snapshot', id, 'access', `snapshot ${id}`)),
    ...leftovers.networkInterfaces.map(({ id }) =>
      leftover('network-interface', id, 'access', `network interface ${id}`),
    ),
    ...leftovers.securityGroups.map(({ id, name }) =>
      leftover('security-group', id, 'control-plane', `security group ${id} (${name})`, {
        usualSeconds: usual.loadBalancerDelete,
      }),
    ),
  ];
}

/** Node groups, then add-ons: an add-on that goes first would leave nodes without network while they drain. */
function insideChanges(observed: ObservedAws): Change[] {
  const groups = Object.values(observed.nodeGroups).filter((group) => isOurs(group.tags, observed.cluster));
  const addons = Object.values(observed.addons).filter((addon) => isOurs(addon.tags, observed.cluster));
  return [
    ...groups.map((group) => deletedNodeGroup(group, why)),
    ...addons.map((addon): Change => ({ ...deletedAddon(addon, why), phase: 'add-ons-before' })),
  ];
}

/** The control plane takes its access entries, associations and our way in with it. */
function clusterChanges(observed: ObservedAws): Change[] {
  const cluster = observed.eks;
  if (cluster === undefined || !isOurs(cluster.tags, observed.cluster)) return [];
  const what = `cluster ${observed.cluster}`;
  const base = { phase: 'control-plane' as const, why };
  const unprotect: Change[] =
    at(cluster.described, 'deletionProtection') === true
      ? [
          {
            ...base,
            id: 'eks/cluster/protection',
            action: 'update',
            class: 'safe',
            what: `deletion protection of ${what}`,
            fields: [{ path: 'deletionProtection', from: true, to: false }],
            usualSeconds: usual.quick,
          },
        ]
      : [];
  return [
    ...unprotect,
    {
      ...base,
      id: 'eks/cluster',
      action: 'delete',
      class: 'disruptive',
      what,
      fields: [...goesWith(cluster.securityGroupId), ...takenAlongFields(observed)],
      usualSeconds: usual.clusterDelete,
    },
  ];
}

/** What EKS made for the control plane and removes with it. */
function goesWith(securityGroupId: string | undefined): Change['fields'] {
  return securityGroupId === undefined ? [] : [{ path: ownGroupField, from: securityGroupId }];
}

function unprotectedStack(cluster: string, stack: ObservedStack): Change {
  const id = stackIdOf(cluster, stack);
  return {
    id: `stack/${id}/protection`,
    phase: id === 'network' || id === 'foundation' ? id : 'pools',
    action: 'update',
    class: 'safe',
    what: `termination protection of stack ${stack.stackName}`,
    why,
    fields: [{ path: 'terminationProtection', from: true, to: false }],
    usualSeconds: usual.quick,
  };
}

function logChanges(observed: ObservedAws, policy: DownPolicy): Change[] {
  if (policy.logs === 'keep' || observed.logGroup === undefined) return [];
  return [
    {
      id: 'logs/group',
      phase: 'network',
      action: 'delete',
      class: 'disruptive',
      what: `log group ${observed.logGroup.name}`,
      why: 'asked for',
      fields: [],
      usualSeconds: usual.quick,
    },
  ];
}

/** Node groups that others made keep the control plane from being deleted. */
function foreignInside(observed: ObservedAws): Blocker[] {
  if (observed.eks === undefined) return [];
  if (!isOurs(observed.eks.tags, observed.cluster)) {
    return [
      {
        what: `cluster ${observed.cluster}`,
        maker: 'somebody else',
        hint: 'it does not carry Roadstead’s tag; it is left alone',
      },
    ];
  }
  return Object.values(observed.nodeGroups)
    .filter((group) => !isOurs(group.tags, observed.cluster))
    .map((group) => ({
      what: `node group ${group.name}`,
      maker: makerOf({ tags: group.tags }),
      hint: `delete it: aws eks delete-nodegroup --cluster-name ${observed.cluster} --nodegroup-name ${group.name}`,
    }));
}

/** List prices of us-east-1 in USD a month: per GiB of gp3, of a snapshot, and of stored logs. */
const price = { volumeGiB: 0.08, snapshotGiB: 0.05, logGiB: 0.03 };

function staysOf(observed: ObservedAws, leftovers: Leftovers, policy: DownPolicy): Stay[] {
  const stays: Stay[] = [];
  if (policy.volumes === 'keep') {
    for (const { id, sizeGiB, claim } of leftovers.volumes) {
      const what = `volume ${id} (${claim ?? 'no claim'}, ${sizeGiB} GiB)`;
      stays.push({ what, why: 'volumes are kept by policy', monthlyUsd: money(sizeGiB * price.volumeGiB) });
    }
    for (const { id, sizeGiB } of leftovers.snapshots) {
      stays.push({
        what: `snapshot ${id}`,
        why: 'snapshots are kept by policy',
        monthlyUsd: money(sizeGiB * price.snapshotGiB),
      });
    }
  }
  if (policy.logs === 'keep' && observed.logGroup !== undefined) {
    const { name, retentionDays, storedBytes } = observed.logGroup;
    const until = retentionDays === undefined ? 'for ever' : `for ${retentionDays} days`;
    const monthlyUsd = money((storedBytes / 2 ** 30) * price.logGiB);
    stays.push({ what: `log group ${name}`, why: `logs are kept by policy, ${until}`, monthlyUsd });
  }
  return stays;
}

function keysThatStay(stacks: readonly ObservedStack[]): Stay[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template?.Resources ?? {})
      .filter(([, resource]) => at(resource, 'Type') === 'AWS::KMS::Key')
      .map(([id]) => ({
        what: `key ${id} of stack ${stack.stackName}`,
        why: 'AWS keeps a deleted key for 7 to 30 days before it is gone',
        monthlyUsd: 0,
      })),
  );
}

function money(usd: number): number {
  return Math.round(usd * 100) / 100;
}

/** Ranks of the way down; the same number may run together. */
const ranks: readonly (readonly [prefix: string, rank: number])[] = [
  ['aws/load-balancer/', 0],
  ['aws/classic-load-balancer/', 0],
  ['aws/target-group/', 1],
  ['eks/node-group/', 2],
  ['stack/pool-', 3],
  ['eks/add-on/', 4],
  ['aws/volume/', 5],
  ['aws/snapshot/', 5],
  ['aws/network-interface/', 5],
  ['eks/cluster/protection', 6],
  ['eks/cluster', 7],
  ['aws/security-group/', 8],
  ['stack/foundation/protection', 9],
  ['stack/foundation', 10],
  ['stack/network/protection', 11],
  ['stack/network', 12],
  ['logs/group', 13],
];

/** The changes of a way down in batches: a batch waits for all before it, inside one they are independent. */
export function orderDownChanges(changes: readonly Change[]): Change[][] {
  const rankOf = (change: Change) => ranks.find(([prefix]) => change.id.startsWith(prefix))?.[1] ?? 3;
  const used = [...new Set(changes.map(rankOf))].sort((a, b) => a - b);
  return used.map((rank) => changes.filter((change) => rankOf(change) === rank));
}
