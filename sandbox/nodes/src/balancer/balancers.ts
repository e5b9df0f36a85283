import type { Backend, Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf, numberOf, textOf } from '../read.ts';
import { type AwsCall, awsTags, ifThere } from './aws-calls.ts';
import type { BalancerRequest } from './balancer-plan.ts';
import { ensureClassic, removeClassic } from './classic-balancer.ts';
import { differenceOf } from './difference.ts';
import { ensureNetwork, removeNetwork } from './network-balancer.ts';

export interface BalancerSurroundings {
  readonly vpcId: string;
  readonly clusterSecurityGroupId: string;
  readonly subnetIds: readonly string[];
  readonly instanceIds: readonly string[];
}

/** Load balancers as the cloud controller makes, changes and removes them. Every call is safe to repeat. */
export class Balancers {
  readonly #call: AwsCall;

  constructor(backend: Backend, place: Place) {
    this.#call = (service, operation, input) => backend.call(place, service, operation, input);
  }

  /** The VPC's subnets and route tables, as EC2 gives them. */
  async network(
    vpcId: string,
  ): Promise<{ readonly subnets: readonly unknown[]; readonly routeTables: readonly unknown[] }> {
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
    const [subnets, tables] = await Promise.all([
      this.#call('ec2', 'DescribeSubnets', { Filters }),
      this.#call('ec2', 'DescribeRouteTables', { Filters }),
    ]);
    return { subnets: itemsOf(subnets.Subnets), routeTables: itemsOf(tables.RouteTables) };
  }

  /** Resolves to the host name. */
  async ensure(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    if (request.kind === 'network') return ensureNetwork(this.#call, request, around);
    const securityGroupId = await this.#ensureSecurityGroup(request, around);
    return ensureClassic(this.#call, request, { ...around, securityGroupId });
  }

  /** Removes everything of that name that is there; rejects while something is still in use. */
  async remove(name: string, around: Pick<BalancerSurroundings, 'vpcId' | 'clusterSecurityGroupId'>): Promise<void> {
    await removeClassic(this.#call, name);
    await removeNetwork(this.#call, name);
    const group = textOf(at(await this.#securityGroup(name, around.vpcId), 'GroupId'));
    if (group === undefined) return;
    const IpPermissions = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group }] }];
    await ifThere(
      this.#call('ec2', 'RevokeSecurityGroupIngress', { GroupId: around.clusterSecurityGroupId, IpPermissions }),
    );
    await ifThere(this.#call('ec2', 'DeleteSecurityGroup', { GroupId: group }));
  }

  /** The balancer's own group lets clients in at its ports, and nobody at ports that it had before. */
  async #ensureSecurityGroup(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    const known = await this.#securityGroup(request.name, around.vpcId);
    const GroupId = textOf(at(known, 'GroupId')) ?? (await this.#createSecurityGroup(request, around));
    const IpRanges = request.sourceRanges.map((CidrIp) => ({ CidrIp }));
    const rule = (port: number) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges });
    const there = itemsOf(at(known, 'IpPermissions')).map((one) => numberOf(at(one, 'FromPort')) ?? 0);
    const { added, gone } = differenceOf(
      there,
      request.ports.map(({ port }) => port),
      String,
    );
    if (gone.length > 0)
      await ifThere(this.#call('ec2', 'RevokeSecurityGroupIngress', { GroupId, IpPermissions: gone.map(rule) }));
    if (added.length > 0)
      await this.#call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: added.map(rule) });
    return GroupId;
  }

  async #createSecurityGroup(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    const made = await this.#call('ec2', 'CreateSecurityGroup', {
      GroupName: groupName(request.name),
      Description: `Security group for Kubernetes ELB ${request.name} (${request.tags['kubernetes.io/service-name'] ?? ''})`,
      VpcId: around.vpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: awsTags(request.tags) }],
    });
    const GroupId = textOf(made.GroupId) ?? '';
    await this.#call('ec2', 'AuthorizeSecurityGroupIngress', {
      GroupId: around.clusterSecurityGroupId,
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }],
    });
    return GroupId;
  }

  async #securityGroup(name: string, vpcId: string): Promise<unknown> {
    const answer = await this.#call('ec2', 'DescribeSecurityGroups', {
      Filters: [
        { Name: 'group-name', Values: [groupName(name)] },
        { Name: 'vpc-id', Values: [vpcId] },
      ],
    });
    return itemsOf(answer.SecurityGroups)[0];
  }
}

function groupName(balancer: string): string {
  return `k8s-elb-${balancer}`;
}
