import type { Service } from '../kube/objects.ts';
import { at, itemsOf, tagsOf, textOf } from '../read.ts';

export const balancerFinalizer = 'service.kubernetes.io/load-balancer-cleanup';

const typeAnnotation = 'service.beta.kubernetes.io/aws-load-balancer-type';
const internalAnnotations = [
  'service.beta.kubernetes.io/aws-load-balancer-internal',
  'service.beta.kubernetes.io/aws-load-balancer-scheme',
];

export interface BalancerPort {
  readonly port: number;
  readonly nodePort: number;
  readonly protocol: 'TCP' | 'UDP';
}

export interface BalancerRequest {
  readonly name: string;
  readonly kind: 'classic' | 'network';
  readonly internal: boolean;
  readonly ports: readonly BalancerPort[];
  readonly sourceRanges: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export type BalancerPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'ensure'; readonly request: BalancerRequest }
  /** The Service asks for what such a balancer cannot do. */
  | { readonly kind: 'refuse'; readonly message: string }
  | { readonly kind: 'remove'; readonly name: string };

/** What the cloud controller of EKS does about a Service; those of another load balancer class are not its business. Pure. */
export function planBalancer(service: Service, cluster: string): BalancerPlan {
  const name = balancerName(service.metadata.uid);
  const holds = (service.metadata.finalizers ?? []).includes(balancerFinalizer);
  if (service.metadata.deletionTimestamp !== undefined || service.spec.type !== 'LoadBalancer') {
    return holds ? { kind: 'remove', name } : { kind: 'none' };
  }
  const annotations = service.metadata.annotations ?? {};
  const type = annotations[typeAnnotation];
  if (service.spec.loadBalancerClass !== undefined || type === 'external' || type === 'nlb-ip') return { kind: 'none' };
  const carried = type === 'nlb' ? ['TCP', 'UDP'] : ['TCP'];
  const other = (service.spec.ports ?? []).find(({ protocol }) => !carried.includes(protocol ?? 'TCP'));
  if (other !== undefined)
    return { kind: 'refuse', message: `Protocol ${other.protocol} not supported by LoadBalancer` };
  const told = internalAnnotations.map((key) => annotations[key]);
  return {
    kind: 'ensure',
    request: {
      name,
      kind: type === 'nlb' ? 'network' : 'classic',
      internal: told.some((value) => value === 'true' || value === '0.0.0.0/0' || value === 'internal'),
      ports: (service.spec.ports ?? []).map(({ port, nodePort = 0, protocol }) => ({
        port,
        nodePort,
        protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
      })),
      sourceRanges: service.spec.loadBalancerSourceRanges ?? ['0.0.0.0/0'],
      tags: {
        [`kubernetes.io/cluster/${cluster}`]: 'owned',
        'kubernetes.io/service-name': `${service.metadata.namespace}/${service.metadata.name}`,
      },
    },
  };
}

/** `a` and the uid without dashes, cut to 32: as the cloud provider names them. */
export function balancerName(uid: string): string {
  return `a${uid.replaceAll('-', '')}`.slice(0, 32);
}

export interface SubnetFacts {
  /** Of DescribeSubnets and DescribeRouteTables for the VPC. */
  readonly subnets: readonly unknown[];
  readonly routeTables: readonly unknown[];
  readonly cluster: string;
}

/** One subnet for each zone: with the role's tag before others, public ones only for a balancer that faces the internet. */
export function balancerSubnets(facts: SubnetFacts, internal: boolean): readonly string[] {
  const role = internal ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb';
  const chosen = new Map<string, { readonly id: string; readonly tagged: boolean }>();
  for (const subnet of facts.subnets) {
    const id = textOf(at(subnet, 'SubnetId')) ?? '';
    const zone = textOf(at(subnet, 'AvailabilityZone')) ?? '';
    const tags = tagsOf(at(subnet, 'Tags'));
    if (belongsToAnother(tags, facts.cluster) || (!internal && !isPublic(id, facts.routeTables))) continue;
    const tagged = tags[role] !== undefined;
    const before = chosen.get(zone);
    const better = before === undefined || (tagged && !before.tagged) || (tagged === before.tagged && id < before.id);
    if (better) chosen.set(zone, { id, tagged });
  }
  return [...chosen.values()].map(({ id }) => id).toSorted();
}

function belongsToAnother(tags: Readonly<Record<string, string>>, cluster: string): boolean {
  const named = Object.keys(tags).filter((key) => key.startsWith('kubernetes.io/cluster/'));
  return named.length > 0 && !named.includes(`kubernetes.io/cluster/${cluster}`);
}

function isPublic(subnetId: string, tables: readonly unknown[]): boolean {
  const own = tables.find((table) =>
    itemsOf(at(table, 'Associations')).some((one) => at(one, 'SubnetId') === subnetId),
  );
  const main = tables.find((table) => itemsOf(at(table, 'Associations')).some((one) => at(one, 'Main') === true));
  return itemsOf(at(own ?? main, 'Routes')).some(
    (route) => textOf(at(route, 'GatewayId'))?.startsWith('igw-') === true,
  );
}
