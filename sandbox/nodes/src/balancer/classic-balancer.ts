import { at, itemsOf, numberOf, textOf } from '../read.ts';
import { type AwsCall, awsTags, ifThere } from './aws-calls.ts';
import type { BalancerPort, BalancerRequest } from './balancer-plan.ts';
import { differenceOf } from './difference.ts';

/** A classic load balancer as it is. */
interface ClassicBalancer {
  readonly host: string;
  readonly ports: readonly BalancerPort[];
  readonly instanceIds: readonly string[];
}

interface ClassicSurroundings {
  readonly subnetIds: readonly string[];
  readonly instanceIds: readonly string[];
  readonly securityGroupId: string;
}

/** Makes the balancer, or brings its listeners and instances to what is asked. Resolves to its host name. */
export async function ensureClassic(
  call: AwsCall,
  request: BalancerRequest,
  around: ClassicSurroundings,
): Promise<string> {
  const LoadBalancerName = request.name;
  let there = await find(call, request.name);
  if (there === undefined) {
    await call('elb', 'CreateLoadBalancer', {
      LoadBalancerName,
      Listeners: request.ports.map(listenerOf),
      Subnets: around.subnetIds,
      SecurityGroups: [around.securityGroupId],
      ...(request.internal ? { Scheme: 'internal' } : {}),
      Tags: awsTags(request.tags),
    });
    there = await find(call, request.name);
  }
  const ports = differenceOf(there?.ports ?? [], request.ports, ({ port, nodePort }) => `${port}:${nodePort}`);
  if (ports.gone.length > 0) {
    const LoadBalancerPorts = ports.gone.map(({ port }) => port);
    await call('elb', 'DeleteLoadBalancerListeners', { LoadBalancerName, LoadBalancerPorts });
  }
  if (ports.added.length > 0)
    await call('elb', 'CreateLoadBalancerListeners', { LoadBalancerName, Listeners: ports.added.map(listenerOf) });
  const instances = differenceOf(there?.instanceIds ?? [], around.instanceIds, (id) => id);
  await eachOf(instances.gone, (Instances) =>
    call('elb', 'DeregisterInstancesFromLoadBalancer', { LoadBalancerName, Instances }),
  );
  await eachOf(instances.added, (Instances) =>
    call('elb', 'RegisterInstancesWithLoadBalancer', { LoadBalancerName, Instances }),
  );
  return there?.host ?? '';
}

/** One that is not there is success. */
export async function removeClassic(call: AwsCall, name: string): Promise<void> {
  await ifThere(call('elb', 'DeleteLoadBalancer', { LoadBalancerName: name }));
}

async function eachOf(ids: readonly string[], send: (instances: readonly object[]) => Promise<unknown>): Promise<void> {
  if (ids.length > 0) await send(ids.map((InstanceId) => ({ InstanceId })));
}

async function find(call: AwsCall, name: string): Promise<ClassicBalancer | undefined> {
  const answer = await ifThere(call('elb', 'DescribeLoadBalancers', { LoadBalancerNames: [name] }));
  const found = itemsOf(at(answer, 'LoadBalancerDescriptions'))[0];
  if (found === undefined) return undefined;
  return {
    host: textOf(at(found, 'DNSName')) ?? '',
    ports: itemsOf(at(found, 'ListenerDescriptions')).map((one) => ({
      port: numberOf(at(one, 'Listener', 'LoadBalancerPort')) ?? 0,
      nodePort: numberOf(at(one, 'Listener', 'InstancePort')) ?? 0,
      protocol: 'TCP',
    })),
    instanceIds: itemsOf(at(found, 'Instances')).map((one) => String(at(one, 'InstanceId'))),
  };
}

function listenerOf({ port, nodePort }: BalancerPort): object {
  return { Protocol: 'TCP', LoadBalancerPort: port, InstanceProtocol: 'TCP', InstancePort: nodePort };
}
