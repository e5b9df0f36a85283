import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { allPages } from '../observe/plain.ts';
import { type Blocker, type FoundInVpc, isOfKubernetes, makerOf } from './leftovers.ts';
import { inVpc, isOwned, type Search, type Tags, toMap } from './search.ts';

interface Group {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly described: SecurityGroup;
}

/** Groups that no stack and no EKS removes, and what of others keeps the VPC or a group of ours. */
export async function findSecurityGroups(search: Search, vpcId: string): Promise<FoundInVpc> {
  const described = await allPages(
    (token) => search.reader.read('ec2', 'DescribeSecurityGroups', inVpc(vpcId, token), search.signal),
    (page) => page.SecurityGroups,
    (page) => page.NextToken,
  );
  const all = described.map((group) => ({
    id: group.GroupId ?? '',
    name: group.GroupName ?? '',
    tags: toMap(group.Tags),
    described: group,
  }));
  const others = all.filter(({ id, name, tags }) => name !== 'default' && !isOwned(search, id, tags));
  const ofEks = others.filter(({ name, tags }) => isGroupOfEks(search.cluster, name, tags));
  const ours = others.filter((group) => !ofEks.includes(group) && isOfKubernetes(group.tags, search.cluster));
  const foreign = others.filter((group) => !ours.includes(group) && !ofEks.includes(group));
  const staying = all.filter(({ name }) => name === 'default');
  const going = new Set(
    all.filter((group) => !staying.includes(group) && !foreign.includes(group)).map(({ id }) => id),
  );
  // EKS removes its own group with the control plane, unless something used it then.
  const left = search.hasControlPlane ? [] : ofEks;
  return {
    ours: [...ours, ...left].map(({ id, name }) => ({ id, name })),
    foreign: [...foreign.map(blockerOf), ...staying.flatMap((group) => referencesTo(going, group))],
  };
}

/** EKS names its group after the cluster and a number; a cluster `shop-eu` has another name. */
function isGroupOfEks(cluster: string, name: string, tags: Tags): boolean {
  const prefix = `eks-cluster-sg-${cluster}-`;
  return (
    tags['aws:eks:cluster-name'] === cluster || (name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
  );
}

function blockerOf({ id, name, tags, described }: Group): Blocker {
  return {
    what: `security group ${id} (${name})`,
    maker: makerOf({ tags, description: described.Description ?? name }),
    hint: `delete it when nothing uses it: aws ec2 delete-security-group --group-id ${id}`,
  };
}

/** A group that another group's rule names cannot be deleted; the default group goes only with the VPC, after ours. */
function referencesTo(going: ReadonlySet<string>, { id, name, described }: Group): Blocker[] {
  const rules = [
    ...(described.IpPermissions ?? []).map((rule) => ({ rule, way: 'ingress' })),
    ...(described.IpPermissionsEgress ?? []).map((rule) => ({ rule, way: 'egress' })),
  ];
  return rules.flatMap(({ rule, way }) =>
    (rule.UserIdGroupPairs ?? [])
      .filter(({ GroupId }) => going.has(GroupId ?? ''))
      .map(({ GroupId, Description }) => ({
        what: `${way} rule of security group ${id} (${name}) that names ${GroupId}`,
        maker: makerOf({ tags: {}, description: Description ?? '' }),
        hint: `revoke it: aws ec2 revoke-security-group-${way} --group-id ${id} --ip-permissions '${permission(rule, GroupId)}'`,
      })),
  );
}

/** One rule in the AWS CLI's shorthand. */
function permission({ IpProtocol, FromPort, ToPort }: IpPermission, group: string | undefined): string {
  const ports = FromPort === undefined ? '' : `FromPort=${FromPort},ToPort=${ToPort},`;
  return `IpProtocol=${IpProtocol},${ports}UserIdGroupPairs=[{GroupId=${group}}]`;
}
