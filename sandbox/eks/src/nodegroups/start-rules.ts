import { readPublicSubnets, readSubnets, type SubnetFacts } from '../aws/network.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, Issue, NodegroupRecord } from '../model.ts';
import { has, type Members, records, text, whole, within } from '../shared/read.ts';
import type { SourceTemplate } from './launch-template.ts';

/** A group that AWS takes, and whose instances then do not start. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly issue: Issue;

  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

export interface StartFacts {
  readonly group: Pick<NodegroupRecord, 'name' | 'asgName' | 'amiType' | 'diskSize' | 'scaling'>;
  readonly template: Members;
  readonly subnets: readonly SubnetFacts[];
  /** Those of the subnets that lead to an internet gateway. */
  readonly publicIds: readonly string[];
}

/** Why no instance of the group will start, as its health will say; `undefined` when they may. Pure. */
export function startProblem(facts: StartFacts): Issue | undefined {
  return addressProblem(facts) ?? roomProblem(facts) ?? diskProblem(facts);
}

/** EKS starts no nodes in a subnet that leads to the internet by its gateway and gives them no address for it. */
function addressProblem({ group, template, subnets, publicIds }: StartFacts): Issue | undefined {
  if (records(template, 'NetworkInterfaces').some((one) => has(one, 'AssociatePublicIpAddress'))) return undefined;
  const without = subnets.filter((subnet) => publicIds.includes(subnet.id) && !subnet.givesPublicAddresses);
  const resourceIds = without.map((subnet) => subnet.id);
  if (resourceIds.length === 0) return undefined;
  return {
    code: 'Ec2SubnetInvalidConfiguration',
    message: `One or more Amazon EC2 Subnets of [${resourceIds.join(', ')}] for node group ${group.name} does not automatically assign public IP addresses to instances launched into it. If you want your instances to be assigned a public IP address, then you need to enable auto-assign public IP address for the subnet.`,
    resourceIds,
  };
}

function roomProblem({ group, subnets }: StartFacts): Issue | undefined {
  const free = subnets.reduce((sum, subnet) => sum + subnet.freeAddresses, 0);
  if (free >= group.scaling.desiredSize) return undefined;
  return {
    code: 'InsufficientFreeAddresses',
    message: `The subnets of node group ${group.name} do not have enough free addresses for ${group.scaling.desiredSize} nodes: ${free} are left.`,
    resourceIds: subnets.map((subnet) => subnet.id),
  };
}

/** GiB of the snapshot behind the root disk of EKS's images; a smaller disk does not hold it. */
const snapshotGib = 20;
const rootDevice = '/dev/xvda';

function diskProblem({ group, template }: StartFacts): Issue | undefined {
  if (group.amiType === 'CUSTOM') return undefined;
  const mapping = records(template, 'BlockDeviceMappings').find((one) => text(one, 'DeviceName') === rootDevice);
  const gib = mapping === undefined ? group.diskSize : whole(within(mapping, 'Ebs'), 'VolumeSize');
  if (gib === undefined || gib >= snapshotGib) return undefined;
  return {
    code: 'AsgInstanceLaunchFailures',
    message: `Could not launch On-Demand Instances. InvalidBlockDeviceMapping - Volume of size ${gib}GB is smaller than snapshot of the image, expect size >= ${snapshotGib}GB. Launching EC2 instance failed.`,
    resourceIds: [group.asgName],
  };
}

/** Rejects with `StartRefused` when no instance of the group will start. */
export async function requireStart(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  source: SourceTemplate | undefined,
): Promise<void> {
  const subnets = await readSubnets(eks, cluster.place, group.subnets);
  const open = await readPublicSubnets(eks, cluster.place, cluster.vpc.vpcId, subnets);
  const publicIds = open.map((subnet) => subnet.id);
  const issue = startProblem({ group, template: source?.data ?? {}, subnets, publicIds });
  if (issue !== undefined) throw new StartRefused(issue);
}
