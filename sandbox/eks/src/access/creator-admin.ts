import type { Caller } from '@roadstead/sandbox-gateway';
import { lookUp } from '../aws/iam.ts';
import { type Eks, now } from '../deps.ts';
import type { AccessEntryRecord, ClusterRecord } from '../model.ts';
import { eksArn, principalOfCaller } from '../shared/arns.ts';
import { defaultUsername } from './entry-rules.ts';
import { policyArn } from './policy-rules.ts';

/** Makes the caller of CreateCluster an admin, where the request did not switch that off and the mode has entries. */
export async function bootstrapCreatorAdmin(eks: Eks, cluster: ClusterRecord, caller: Caller): Promise<void> {
  if (!cluster.bootstrapCreatorAdmin || cluster.authenticationMode === 'CONFIG_MAP') return;
  const known = principalOfCaller(caller.arn);
  if (known === undefined) return;
  const live = await lookUp(eks, cluster.place.region, known.principal, { comparePath: false });
  if (live === undefined) {
    eks.context.log(
      { cluster: cluster.name, caller: caller.arn },
      'the creator is no role or user of IAM: no admin entry',
    );
    return;
  }
  const entry = newEntry(eks, cluster, {
    principalArn: live.arn,
    principalId: live.id,
    type: 'STANDARD',
    username: defaultUsername('STANDARD', { ...known.principal, arn: live.arn }),
    groups: [],
    tags: {},
  });
  const arn = policyArn('AmazonEKSClusterAdminPolicy');
  const at = now(eks);
  entry.policies.set(arn, {
    policyArn: arn,
    scope: { type: 'cluster', namespaces: [] },
    associatedAt: at,
    modifiedAt: at,
  });
  cluster.accessEntries.set(live.arn, entry);
  eks.state.changed();
}

export interface NewEntry {
  readonly principalArn: string;
  readonly principalId: string;
  readonly type: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly tags: Record<string, string>;
  readonly origin?: AccessEntryRecord['origin'];
}

export function newEntry(eks: Eks, cluster: ClusterRecord, entry: NewEntry): AccessEntryRecord {
  const kind = entry.principalArn.includes(':user/') ? 'user' : 'role';
  const name = entry.principalArn.slice(entry.principalArn.lastIndexOf('/') + 1);
  const account = entry.principalArn.split(':')[4] ?? '';
  const { origin = { token: undefined, digest: '' }, ...rest } = entry;
  return {
    ...rest,
    origin,
    arn: eksArn(cluster.place, `access-entry/${cluster.name}/${kind}/${account}/${name}/${eks.uuid()}`),
    createdAt: now(eks),
    modifiedAt: now(eks),
    policies: new Map(),
  };
}
