import { at, itemsOf, numberOf, textOf } from '../read.ts';
import { type AwsCall, awsTags, ifThere } from './aws-calls.ts';
import type { BalancerPort, BalancerRequest } from './balancer-plan.ts';
import { differenceOf } from './difference.ts';

/** One target group of a network load balancer, with the listener that leads to it. */
interface Group {
  readonly arn: string;
  readonly listenerArn: string | undefined;
  readonly port: BalancerPort;
}

interface NetworkSurroundings {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly instanceIds: readonly string[];
}

/** Makes the balancer, or brings its listeners and targets to what is asked. Resolves to its host name. */
export async function ensureNetwork(
  call: AwsCall,
  request: BalancerRequest,
  around: NetworkSurroundings,
): Promise<string> {
  const balancer = (await find(call, request.name)) ?? (await create(call, request, around));
  const there = await groupsOf(call, request.name, balancer.arn);
  const complete = there.filter(({ listenerArn }) => listenerArn !== undefined);
  const ports = differenceOf(
    complete.map(({ port }) => port),
    request.ports,
    keyOf,
  );
  const keep = new Set(request.ports.map(keyOf));
  for (const group of there)
    if (group.listenerArn === undefined || !keep.has(keyOf(group.port))) await removeGroup(call, group);
  for (const port of ports.added) await addPort(call, { request, around, port, balancerArn: balancer.arn });
  for (const group of complete) if (keep.has(keyOf(group.port))) await retarget(call, group.arn, around.instanceIds);
  return balancer.host;
}

/** Balancer and target groups; what is not there is success. */
export async function removeNetwork(call: AwsCall, name: string): Promise<void> {
  const balancer = await find(call, name);
  const groups = await groupsOf(call, name, balancer?.arn);
  if (balancer !== undefined) await ifThere(call('elbv2', 'DeleteLoadBalancer', { LoadBalancerArn: balancer.arn }));
  for (const { arn } of groups) await ifThere(call('elbv2', 'DeleteTargetGroup', { TargetGroupArn: arn }));
}

interface Balancer {
  readonly arn: string;
  readonly host: string;
}

async function find(call: AwsCall, name: string): Promise<Balancer | undefined> {
  const answer = await ifThere(call('elbv2', 'DescribeLoadBalancers', { Names: [name] }));
  return balancerOf(answer);
}

async function create(call: AwsCall, request: BalancerRequest, around: NetworkSurroundings): Promise<Balancer> {
  const made = await call('elbv2', 'CreateLoadBalancer', {
    Name: request.name,
    Type: 'network',
    Scheme: request.internal ? 'internal' : 'internet-facing',
    Subnets: around.subnetIds,
    Tags: awsTags(request.tags),
  });
  const balancer = balancerOf(made);
  if (balancer === undefined) throw new Error(`ELB made no load balancer ${request.name}.`);
  return balancer;
}

function balancerOf(answer: unknown): Balancer | undefined {
  const balancer = itemsOf(at(answer, 'LoadBalancers'))[0];
  const arn = textOf(at(balancer, 'LoadBalancerArn'));
  return arn === undefined ? undefined : { arn, host: textOf(at(balancer, 'DNSName')) ?? '' };
}

async function addPort(
  call: AwsCall,
  given: {
    readonly request: BalancerRequest;
    readonly around: NetworkSurroundings;
    readonly port: BalancerPort;
    readonly balancerArn: string;
  },
): Promise<void> {
  const { request, around, port, balancerArn } = given;
  const group = await call('elbv2', 'CreateTargetGroup', {
    Name: `${groupPrefix(request.name)}${port.port}`,
    Protocol: port.protocol,
    Port: port.nodePort,
    VpcId: around.vpcId,
    TargetType: 'instance',
    Tags: awsTags(request.tags),
  });
  const TargetGroupArn = textOf(at(itemsOf(group.TargetGroups)[0], 'TargetGroupArn')) ?? '';
  await retarget(call, TargetGroupArn, around.instanceIds);
  await call('elbv2', 'CreateListener', {
    LoadBalancerArn: balancerArn,
    Protocol: port.protocol,
    Port: port.port,
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  });
}

/** A target group without a listener is what a pass that broke off has left: it is made anew. */
async function removeGroup(call: AwsCall, { arn, listenerArn }: Group): Promise<void> {
  if (listenerArn !== undefined) await ifThere(call('elbv2', 'DeleteListener', { ListenerArn: listenerArn }));
  await ifThere(call('elbv2', 'DeleteTargetGroup', { TargetGroupArn: arn }));
}

async function retarget(call: AwsCall, TargetGroupArn: string, instanceIds: readonly string[]): Promise<void> {
  const { TargetHealthDescriptions } = await call('elbv2', 'DescribeTargetHealth', { TargetGroupArn });
  const there = itemsOf(TargetHealthDescriptions).map((one) => String(at(one, 'Target', 'Id')));
  const { added, gone } = differenceOf(there, instanceIds, (id) => id);
  const targets = (ids: readonly string[]) => ({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) });
  if (gone.length > 0) await call('elbv2', 'DeregisterTargets', targets(gone));
  if (added.length > 0) await call('elbv2', 'RegisterTargets', targets(added));
}

async function groupsOf(call: AwsCall, name: string, balancerArn: string | undefined): Promise<readonly Group[]> {
  const { TargetGroups } = await call('elbv2', 'DescribeTargetGroups', {});
  const listeners =
    balancerArn === undefined
      ? undefined
      : await ifThere(call('elbv2', 'DescribeListeners', { LoadBalancerArn: balancerArn }));
  return itemsOf(TargetGroups)
    .filter((group) => textOf(at(group, 'TargetGroupName'))?.startsWith(groupPrefix(name)) === true)
    .map((group) => {
      const arn = String(at(group, 'TargetGroupArn'));
      const listener = itemsOf(at(listeners, 'Listeners')).find(
        (one) => at(itemsOf(at(one, 'DefaultActions'))[0], 'TargetGroupArn') === arn,
      );
      const port = {
        port: numberOf(at(listener, 'Port')) ?? 0,
        nodePort: numberOf(at(group, 'Port')) ?? 0,
        protocol: at(group, 'Protocol') === 'UDP' ? 'UDP' : 'TCP',
      } as const;
      return { arn, listenerArn: textOf(at(listener, 'ListenerArn')), port };
    });
}

function groupPrefix(name: string): string {
  return `k8s-${name.slice(0, 20)}-`;
}

function keyOf({ port, nodePort, protocol }: BalancerPort): string {
  return `${protocol} ${port}:${nodePort}`;
}
