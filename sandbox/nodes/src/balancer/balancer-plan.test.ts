import { describe, expect, test } from 'vitest';
import type { Service } from '../kube/objects.ts';
import { balancerName, balancerSubnets, planBalancer } from './balancer-plan.ts';

const service: Service = {
  metadata: { name: 'web', namespace: 'shop', uid: '01234567-89ab-cdef-0123-456789abcdef', resourceVersion: '1' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] },
};
const held = { ...service.metadata, finalizers: ['service.kubernetes.io/load-balancer-cleanup'] };

function annotated(annotations: Record<string, string>): Service {
  return { ...service, metadata: { ...service.metadata, annotations } };
}

test('a balancer is named as the cloud provider names it', () => {
  expect(balancerName(service.metadata.uid)).toBe('a0123456789abcdef0123456789abcde');
});

describe('a Service', () => {
  test('of type LoadBalancer gets a classic balancer that faces the internet, tagged with its owner', () => {
    expect(planBalancer(service, 'c')).toMatchObject({
      kind: 'ensure',
      request: {
        kind: 'classic',
        internal: false,
        ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
        tags: { 'kubernetes.io/cluster/c': 'owned', 'kubernetes.io/service-name': 'shop/web' },
      },
    });
  });

  test.each<[string, Record<string, string>, string, string | undefined]>([
    ['a classic balancer', {}, 'UDP', 'Protocol UDP not supported by LoadBalancer'],
    ['a classic balancer', {}, 'SCTP', 'Protocol SCTP not supported by LoadBalancer'],
    ['a network balancer', { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' }, 'UDP', undefined],
    [
      'a network balancer',
      { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' },
      'SCTP',
      'Protocol SCTP not supported by LoadBalancer',
    ],
  ])('with %s (%j) and %s is refused: %s', (_, annotations, protocol, message) => {
    const ports = [{ port: 53, nodePort: 30_053, protocol }];
    const plan = planBalancer({ ...annotated(annotations), spec: { type: 'LoadBalancer', ports } }, 'c');
    expect(plan).toMatchObject(message === undefined ? { kind: 'ensure' } : { kind: 'refuse', message });
  });

  test('may ask for another kind and for the inside', () => {
    const subject = annotated({
      'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb',
      'service.beta.kubernetes.io/aws-load-balancer-internal': 'true',
    });
    expect(planBalancer(subject, 'c')).toMatchObject({ request: { kind: 'network', internal: true } });
  });

  test.each<[string, Service, object]>([
    ['of another type', { ...service, spec: { type: 'ClusterIP' } }, { kind: 'none' }],
    [
      'of another class',
      { ...service, spec: { ...service.spec, loadBalancerClass: 'service.k8s.aws/nlb' } },
      { kind: 'none' },
    ],
    [
      'of the load balancer controller',
      annotated({ 'service.beta.kubernetes.io/aws-load-balancer-type': 'external' }),
      { kind: 'none' },
    ],
    [
      'that leaves and has one',
      { ...service, metadata: { ...held, deletionTimestamp: 'now' } },
      { kind: 'remove', name: balancerName(service.metadata.uid) },
    ],
    [
      'that leaves and has none',
      { ...service, metadata: { ...service.metadata, deletionTimestamp: 'now' } },
      { kind: 'none' },
    ],
    [
      'that was one',
      { metadata: held, spec: { type: 'ClusterIP' } },
      { kind: 'remove', name: balancerName(service.metadata.uid) },
    ],
  ])('%s: %#', (_, subject, plan) => {
    expect(planBalancer(subject, 'c')).toEqual(plan);
  });
});

describe('subnets', () => {
  const subnet = (SubnetId: string, AvailabilityZone: string, tags: Record<string, string> = {}) => ({
    SubnetId,
    AvailabilityZone,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
  const routeTables = [
    {
      Associations: [{ SubnetId: 's-pub-a' }, { SubnetId: 's-pub-b' }, { SubnetId: 's-pub-b2' }],
      Routes: [{ GatewayId: 'igw-1' }],
    },
    { Associations: [{ Main: true }], Routes: [{ GatewayId: 'local' }] },
  ];
  const subnets = [
    subnet('s-pub-a', 'a'),
    subnet('s-pub-b', 'b'),
    subnet('s-pub-b2', 'b', { 'kubernetes.io/role/elb': '1' }),
    subnet('s-priv-a', 'a', { 'kubernetes.io/role/internal-elb': '1' }),
    subnet('s-else-a', 'a', { 'kubernetes.io/cluster/other': 'owned' }),
  ];

  test('are one in each zone, the tagged one first, public ones for the internet', () => {
    expect(balancerSubnets({ subnets, routeTables, cluster: 'c' }, false)).toEqual(['s-pub-a', 's-pub-b2']);
  });

  test('inside they may be private', () => {
    expect(balancerSubnets({ subnets, routeTables, cluster: 'c' }, true)).toEqual(['s-priv-a', 's-pub-b']);
  });

  test('of another cluster are not taken', () => {
    expect(balancerSubnets({ subnets: subnets.slice(4), routeTables, cluster: 'c' }, true)).toEqual([]);
  });
});
