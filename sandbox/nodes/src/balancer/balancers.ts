import { AwsError, type Backend, type Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf, textOf } from '../read.ts';
import type { BalancerRequest } from './balancer-plan.ts';

export interface BalancerSurroundings {
  readonly vpcId: string;
  readonly clusterSecurityGroupId: string;
  readonly subnetIds: readonly string[];
  readonly instanceIds: readonly string[];
}

/** Load balancers as the cloud controller makes and removes them. Every call is safe to repeat. */
export class Balancers {
  readonly #backend: Backend;
  readonly #place: Place;

  constructor(backend: Backend, place: Place) {
    this.#backend = backend;
    this.#place = place;
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
  ensure(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    return request.kind === 'classic' ? this.#ensureClassic(request, around) : this.#ensureNetwork(request, around);
  }

  /** Removes everything of that name that is there. */
  async remove(name: string, around: Pick<BalancerSurroundings, 'vpcId' | 'clusterSecurityGroupId'>): Promise<void> {
    await quietly(() => this.#call('elb', 'DeleteLoadBalancer', { LoadBalancerName: name }));
    const network = await this.#networkBalancer(name);
    if (network !== undefined) await this.#removeNetwork(network.arn, name);
    const group = await this.#securityGroup(name, around.vpcId);
    if (group === undefined) return;
    const IpPermissions = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group }] }];
    await quietly(() =>
      this.#call('ec2', 'RevokeSecurityGroupIngress', { GroupId: around.clusterSecurityGroupId, IpPermissions }),
    );
    await quietly(() => this.#call('ec2', 'DeleteSecurityGroup', { GroupId: group }));
  }

  async #ensureClassic(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    const known = await this.#classicBalancer(request.name);
    if (known === undefined) await this.#createClassic(request, around);
    if (around.instanceIds.length > 0) {
      const Instances = around.instanceIds.map((InstanceId) => ({ InstanceId }));
      await this.#call('elb', 'RegisterInstancesWithLoadBalancer', { LoadBalancerName: request.name, Instances });
    }
    return known ?? (await this.#classicBalancer(request.name)) ?? '';
  }

  async #createClassic(request: BalancerRequest, around: BalancerSurroundings): Promise<void> {
    const group = await this.#ensureSecurityGroup(request, around);
    await this.#call('elb', 'CreateLoadBalancer', {
      LoadBalancerName: request.name,
      Listeners: request.ports.map(({ port, nodePort }) => ({
        Protocol: 'TCP',
        LoadBalancerPort: port,
        InstanceProtocol: 'TCP',
        InstancePort: nodePort,
      })),
      Subnets: around.subnetIds,
      SecurityGroups: [group],
      ...(request.internal ? { Scheme: 'internal' } : {}),
      Tags: awsTags(request.tags),
    });
  }

  async #ensureNetwork(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    const known = await this.#networkBalancer(request.name);
    if (known !== undefined) return known.host;
    const made = await this.#call('elbv2', 'CreateLoadBalancer', {
      Name: request.name,
      Type: 'network',
      Scheme: request.internal ? 'internal' : 'internet-facing',
      Subnets: around.subnetIds,
      Tags: awsTags(request.tags),
    });
    const balancer = itemsOf(made.LoadBalancers)[0];
    const arn = textOf(at(balancer, 'LoadBalancerArn')) ?? '';
    for (const { port, nodePort, protocol } of request.ports) {
      const group = await this.#call('elbv2', 'CreateTargetGroup', {
        Name: `k8s-${request.name.slice(0, 20)}-${port}`,
        Protocol: protocol,
        Port: nodePort,
        VpcId: around.vpcId,
        TargetType: 'instance',
        Tags: awsTags(request.tags),
      });
      const TargetGroupArn = textOf(at(itemsOf(group.TargetGroups)[0], 'TargetGroupArn')) ?? '';
      const Targets = around.instanceIds.map((Id) => ({ Id }));
      if (Targets.length > 0) await this.#call('elbv2', 'RegisterTargets', { TargetGroupArn, Targets });
      const DefaultActions = [{ Type: 'forward', TargetGroupArn }];
      await this.#call('elbv2', 'CreateListener', {
        LoadBalancerArn: arn,
        Protocol: protocol,
        Port: port,
        DefaultActions,
      });
    }
    return textOf(at(balancer, 'DNSName')) ?? '';
  }

  async #removeNetwork(arn: string, name: string): Promise<void> {
    await quietly(() => this.#call('elbv2', 'DeleteLoadBalancer', { LoadBalancerArn: arn }));
    const groups = await this.#call('elbv2', 'DescribeTargetGroups', {});
    const own = itemsOf(groups.TargetGroups).filter(
      (group) => textOf(at(group, 'TargetGroupName'))?.startsWith(`k8s-${name.slice(0, 20)}-`) === true,
    );
    for (const group of own) {
      await quietly(() => this.#call('elbv2', 'DeleteTargetGroup', { TargetGroupArn: at(group, 'TargetGroupArn') }));
    }
  }

  async #classicBalancer(name: string): Promise<string | undefined> {
    const answer = await quietly(() => this.#call('elb', 'DescribeLoadBalancers', { LoadBalancerNames: [name] }));
    return textOf(at(itemsOf(at(answer, 'LoadBalancerDescriptions'))[0], 'DNSName'));
  }

  async #networkBalancer(name: string): Promise<{ readonly arn: string; readonly host: string } | undefined> {
    const answer = await quietly(() => this.#call('elbv2', 'DescribeLoadBalancers', { Names: [name] }));
    const balancer = itemsOf(at(answer, 'LoadBalancers'))[0];
    const arn = textOf(at(balancer, 'LoadBalancerArn'));
    return arn === undefined ? undefined : { arn, host: textOf(at(balancer, 'DNSName')) ?? '' };
  }

  async #ensureSecurityGroup(request: BalancerRequest, around: BalancerSurroundings): Promise<string> {
    const known = await this.#securityGroup(request.name, around.vpcId);
    if (known !== undefined) return known;
    const made = await this.#call('ec2', 'CreateSecurityGroup', {
      GroupName: `k8s-elb-${request.name}`,
      Description: `Security group for Kubernetes ELB ${request.name} (${request.tags['kubernetes.io/service-name'] ?? ''})`,
      VpcId: around.vpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: awsTags(request.tags) }],
    });
    const GroupId = textOf(made.GroupId) ?? '';
    const IpRanges = request.sourceRanges.map((CidrIp) => ({ CidrIp }));
    const IpPermissions = request.ports.map(({ port }) => ({
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
      IpRanges,
    }));
    if (IpPermissions.length > 0) await this.#call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    const fromBalancer = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }];
    await this.#call('ec2', 'AuthorizeSecurityGroupIngress', {
      GroupId: around.clusterSecurityGroupId,
      IpPermissions: fromBalancer,
    });
    return GroupId;
  }

  async #securityGroup(name: string, vpcId: string): Promise<string | undefined> {
    const answer = await this.#call('ec2', 'DescribeSecurityGroups', {
      Filters: [
        { Name: 'group-name', Values: [`k8s-elb-${name}`] },
        { Name: 'vpc-id', Values: [vpcId] },
      ],
    });
    return textOf(at(itemsOf(answer.SecurityGroups)[0], 'GroupId'));
  }

  #call(service: string, operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#backend.call(this.#place, service, operation, input);
  }
}

function awsTags(tags: Readonly<Record<string, string>>): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** What is not there, or still in use, is left: the next pass tries again. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AwsError && /NotFound|InvalidPermission|DependencyViolation|ResourceInUse/.test(error.code))
      return undefined;
    throw error;
  }
}
