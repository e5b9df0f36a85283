import { checkAccess } from './check-access.ts';
import { checkConfig, checkIdentity } from './check-identity.ts';
import { checkNetwork } from './check-network.ts';
import { checkPools } from './check-pools.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterFile } from './cluster-schema.ts';
import type { Path, PositionIndex } from './positions.ts';
import { type Fault, type Problem, problemAt } from './problem.ts';

/** What a rule looks at, and how it says what it found. */
export interface RuleInput {
  readonly parsed: ClusterFile;
  readonly cluster: Cluster;
  /** `at` tells whether the key or the value is at fault; default: the value. */
  readonly report: (path: Path, fault: Fault, at?: 'key' | 'value') => void;
}

/** Every rule of the file that needs no AWS. The first argument's file and positions give each fault its place. */
export function checkCluster(input: {
  readonly file: string;
  readonly parsed: ClusterFile;
  readonly cluster: Cluster;
  readonly positions: PositionIndex;
}): Problem[] {
  const problems: Problem[] = [];
  const report: RuleInput['report'] = (path, fault, at = 'value') => {
    problems.push(problemAt(input.file, input.positions[at](path), fault));
  };
  for (const rule of [checkIdentity, checkNetwork, checkPools, checkAccess, checkConfig]) rule({ ...input, report });
  return problems;
}
