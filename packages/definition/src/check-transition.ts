import type { Cluster } from './cluster.ts';
import type { ParsedCluster } from './parse-cluster-file.ts';
import type { Path } from './positions.ts';
import { type PlacedFault, type Problem, problemsAt, sortProblems } from './problem.ts';

/** What is there, as recorded or as observed. What is not known is left out and not compared. */
export interface ClusterFacts {
  readonly name?: string;
  readonly account?: string;
  readonly region?: string;
  readonly cidr?: string;
  /** Names of the zones in use, or how many. */
  readonly zones?: number | readonly string[];
  /** Minor version of the control plane. */
  readonly kubernetes?: string;
}

/** The facts of a cluster whose file is known. */
export function factsOfCluster(cluster: Cluster): ClusterFacts {
  const { name, account, region, kubernetes, network } = cluster;
  return { name, account, region, kubernetes, cidr: network.cidr, zones: network.zones };
}

/** Refuses what cannot be done to a cluster that is there: each fault says what to do instead. */
export function checkTransition(previous: ClusterFacts, next: ParsedCluster): Problem[] {
  const { cluster } = next;
  if (cluster === undefined) return [];
  const faults = [
    ...identityFaults(previous, cluster),
    ...zoneFaults(previous, cluster),
    ...versionFaults(previous, cluster),
  ];
  return sortProblems(problemsAt(next.file, next.positions, faults));
}

const fixed: readonly (readonly [fact: 'name' | 'account' | 'region' | 'cidr', path: Path, word: string])[] = [
  ['name', ['metadata', 'name'], 'name'],
  ['account', ['spec', 'account'], 'account'],
  ['region', ['spec', 'region'], 'region'],
  ['cidr', ['spec', 'network', 'cidr'], 'network'],
];

function identityFaults(previous: ClusterFacts, cluster: Cluster): PlacedFault[] {
  const next = { ...factsOfCluster(cluster) };
  return fixed.flatMap(([fact, path, word]) => {
    const before = previous[fact];
    const after = next[fact];
    if (before === undefined || before === after) return [];
    const fault = {
      code: 'ONE_WAY_CHANGE',
      message: `the ${word} of a cluster cannot change, here from ${before} to ${String(after)}`,
      hint: `put ${before} back, or make a second cluster and move over`,
      value: after,
    };
    return [{ path, fault }];
  });
}

function zoneFaults(previous: ClusterFacts, cluster: Cluster): PlacedFault[] {
  const before = previous.zones;
  const after = cluster.network.zones;
  const path: Path = ['spec', 'network', 'zones'];
  if (before === undefined) return [];
  const code = 'ONE_WAY_CHANGE';
  const hint = 'volumes and the control plane stay in their zones; keep them, and set the pools smaller';
  if (typeof before !== 'number' && typeof after !== 'number') {
    const gone = before.filter((zone) => !after.includes(zone));
    return gone.length === 0
      ? []
      : [{ path, fault: { code, message: `zones cannot be removed: ${gone.join(', ')}`, hint, value: after } }];
  }
  const numberBefore = typeof before === 'number' ? before : before.length;
  const numberAfter = typeof after === 'number' ? after : after.length;
  if (numberAfter >= numberBefore) return [];
  return [
    {
      path,
      fault: {
        code,
        message: `zones cannot be removed: ${numberBefore} before, ${numberAfter} now`,
        hint,
        value: after,
      },
    },
  ];
}

const minorOf = (version: string): number => Number(version.split('.')[1]);

function versionFaults(previous: ClusterFacts, cluster: Cluster): PlacedFault[] {
  if (previous.kubernetes === undefined) return [];
  const steps = minorOf(cluster.kubernetes) - minorOf(previous.kubernetes);
  const path: Path = ['spec', 'kubernetes'];
  const value = cluster.kubernetes;
  if (steps < 0) {
    const fault = {
      code: 'VERSION_DOWNGRADE',
      message: `Kubernetes cannot go back from ${previous.kubernetes} to ${value}`,
      hint: `kubernetes: "${previous.kubernetes}"`,
      value,
    };
    return [{ path, fault }];
  }
  if (steps <= 1) return [];
  const step = `1.${minorOf(previous.kubernetes) + 1}`;
  const fault = {
    code: 'VERSION_SKIP',
    message: `Kubernetes goes one minor version at a time, not from ${previous.kubernetes} to ${value}`,
    hint: `first kubernetes: "${step}"`,
    value,
  };
  return [{ path, fault }];
}
