import type { RuleInput } from './check-cluster.ts';
import { type Cidr, formatCidr, isCidr, isPrivateNetwork, isUnroutable, overlap, parseCidr } from './cidr.ts';
import type { Path } from './positions.ts';
import type { Fault } from './problem.ts';

/** Services of a cluster have addresses of their own; a VPC that shares them breaks DNS in the cluster. */
export const serviceCidr = '172.20.0.0/16';
/** The largest VPC that AWS makes, and the smallest that holds six zones of three subnets. */
export const vpcMasks = { largest: 16, smallest: 22 } as const;

/** What `allow` is when the file does not say. */
const everywhere = '0.0.0.0/0';

const reservedNetworks: readonly (readonly [cidr: string, reason: string])[] = [
  [serviceCidr, "the cluster's services"],
  ['172.17.0.0/16', "the nodes' container bridge"],
  ['169.254.0.0/16', 'link-local addresses, the metadata service among them'],
  ['0.0.0.0/8', 'no host'],
  ['127.0.0.0/8', 'each host itself'],
  ['224.0.0.0/3', 'multicast and reserved addresses'],
];

/** VPC, zones, NAT and the endpoint. */
export function checkNetwork(input: RuleInput): void {
  checkVpc(input);
  checkZones(input);
  checkNat(input);
  checkEndpoint(input);
}

/** `isVpc` tells the network of the cluster from one that is let in. */
function readNetwork(
  text: string,
  path: Path,
  { report, isVpc }: { readonly report: RuleInput['report']; readonly isVpc: boolean },
): Cidr | undefined {
  const cidr = parseCidr(text);
  if (isCidr(cidr)) return cidr;
  const fault: Fault =
    cidr.kind === 'host-bits'
      ? {
          code: 'WRONG_CIDR',
          message: `${text} has bits set behind its mask`,
          hint: `${cidr.network} is the network`,
          value: text,
        }
      : {
          code: 'WRONG_CIDR',
          message: `${JSON.stringify(text)} is not an IPv4 network`,
          hint: networkHint(text, isVpc),
          value: text,
        };
  report(path, fault);
  return undefined;
}

function networkHint(text: string, isVpc: boolean): string {
  if (text.includes(':')) return 'IPv6 is not supported; as 10.20.0.0/16';
  if (/^\d+(\.\d+){3}$/.test(text)) return isVpc ? `a network has a mask: ${text}/16` : `${text}/32 for one address`;
  return 'as 10.20.0.0/16';
}

function checkVpc({ parsed: { spec }, report }: RuleInput): void {
  const path = ['spec', 'network', 'cidr'];
  const vpc = readNetwork(spec.network.cidr, path, { report, isVpc: true });
  if (vpc === undefined) return;
  const value = spec.network.cidr;
  if (vpc.mask < vpcMasks.largest || vpc.mask > vpcMasks.smallest) {
    report(path, {
      code: 'VPC_SIZE',
      message: `a VPC of /${vpc.mask} is too ${vpc.mask < vpcMasks.largest ? 'large for AWS' : 'small for private, public and control-plane subnets by zone'}`,
      hint: `/${vpcMasks.largest} to /${vpcMasks.smallest}, as ${formatCidr({ first: vpc.first - (vpc.first % 65536), mask: 16 })}`,
      value,
    });
  }
  for (const [reserved, reason] of reservedNetworks) {
    const other = parseCidr(reserved);
    if (!isCidr(other) || !overlap(vpc, other)) continue;
    report(path, {
      code: 'CIDR_OVERLAP',
      message: `${value} overlaps ${reserved}, which belongs to ${reason}`,
      hint: 'another network, as 10.20.0.0/16',
      value,
    });
  }
  if (!isPrivateNetwork(vpc) && !isUnroutable(vpc)) {
    report(path, {
      severity: 'warning',
      code: 'PUBLIC_VPC',
      message: `${value} is not a private network: hosts of the internet with these addresses are out of reach`,
      hint: 'a network of 10.0.0.0/8',
      value,
    });
  }
  if (vpc.mask > 18 && vpc.mask <= vpcMasks.smallest) {
    report(path, {
      severity: 'warning',
      code: 'SMALL_SUBNETS',
      message: `private subnets of /${vpc.mask + 3} hold fewer than 2,000 addresses`,
      hint: '/16 to /18 hold more than 2,000 in each zone',
      value,
    });
  }
}

function checkZones({ parsed: { spec }, cluster, report }: RuleInput): void {
  const path = ['spec', 'network', 'zones'];
  const { zones } = spec.network;
  const number = typeof zones === 'number' ? zones : new Set(zones).size;
  if (number < 2) {
    report(path, {
      code: 'TOO_FEW_ZONES',
      message: 'a cluster needs at least two zones',
      hint: 'EKS puts its control plane into two; 3 is usual',
      value: number,
    });
  } else if (number < 3 && cluster.environment === 'production') {
    report(path, {
      severity: 'warning',
      code: 'TWO_ZONES',
      message: 'with two zones, the loss of one halves the cluster',
      hint: 'zones: 3',
      value: number,
    });
  }
  if (typeof zones === 'number') return;
  for (const [index, zone] of zones.entries()) {
    const at = [...path, index];
    if (zones.indexOf(zone) < index)
      report(at, { code: 'DUPLICATE_ZONE', message: `${zone} is named twice`, hint: 'each zone once', value: zone });
    if (new RegExp(`^${cluster.region.replaceAll('-', '\\-')}[a-z]$`).test(zone)) continue;
    const isId = /-az\d$/.test(zone);
    report(at, {
      code: 'WRONG_ZONE',
      message: `${JSON.stringify(zone)} is not a zone of ${cluster.region}`,
      hint: isId ? `the name, not the id: as ${cluster.region}a` : `as ${cluster.region}a`,
      value: zone,
    });
  }
}

function checkNat({ cluster, report }: RuleInput): void {
  if (cluster.network.nat === 'none') {
    report(['spec', 'network', 'nat'], {
      severity: 'warning',
      code: 'NO_NAT',
      message: 'without NAT, nodes reach only what the VPC has endpoints for',
      hint: 'images must come from ECR; nat: single otherwise',
      value: 'none',
    });
    if (!cluster.endpoint.private) {
      report(['spec', 'endpoint', 'private'], {
        code: 'UNREACHABLE_ENDPOINT',
        message: 'without NAT and without a private endpoint no node can join',
        hint: 'endpoint: {private: true}',
        value: false,
      });
    }
  }
  if (cluster.network.nat === 'single' && cluster.environment === 'production') {
    report(['spec', 'network', 'nat'], {
      severity: 'warning',
      code: 'SINGLE_NAT',
      message: 'a single NAT gateway ties every zone to one',
      hint: 'nat: per-zone',
      value: 'single',
    });
  }
}

function checkEndpoint({ parsed: { spec }, report }: RuleInput): void {
  const { private: inside, public: outside, allow } = spec.endpoint;
  const path = ['spec', 'endpoint'];
  if (!inside && !outside) {
    report(path, {
      code: 'NO_ENDPOINT',
      message: 'the endpoint is neither private nor public',
      hint: 'endpoint: {private: true}',
    });
    return;
  }
  if (!outside) {
    report([...path, 'public'], {
      severity: 'warning',
      code: 'PRIVATE_ONLY',
      message: 'with a private endpoint only, Roadstead itself must run where it reaches the VPC',
      hint: 'VPN, peering or a runner inside',
      value: false,
    });
    if (allow.some((text) => text !== everywhere))
      report([...path, 'allow'], {
        severity: 'warning',
        code: 'UNUSED_ALLOW',
        message: 'nobody is let in to an endpoint that is not public',
        hint: 'public: true, or leave allow out',
      });
    return;
  }
  if (!inside) {
    report([...path, 'private'], {
      severity: 'warning',
      code: 'PUBLIC_ONLY',
      message: 'nodes reach the control plane through NAT and the internet',
      hint: 'private: true',
      value: false,
    });
  }
  checkAllowed(allow, [...path, 'allow'], report);
}

/** No organisation has more addresses than a /8. */
const widest = 8;

function checkAllowed(allow: readonly string[], path: Path, report: RuleInput['report']): void {
  if (allow.length === 0)
    report(path, {
      code: 'EMPTY_ALLOW',
      message: 'nobody may reach the public endpoint',
      hint: 'name networks, or public: false',
    });
  if (allow.length > 40)
    report(path, {
      code: 'TOO_MANY_ALLOWED',
      message: `EKS takes 40 networks, not ${allow.length}`,
      hint: 'join neighbours into larger networks',
      value: allow.length,
    });
  for (const [index, text] of allow.entries()) {
    const network = readNetwork(text, [...path, index], { report, isVpc: false });
    if (network === undefined) continue;
    const at = [...path, index];
    if (allow.indexOf(text) < index) {
      report(at, {
        code: 'DUPLICATE_NETWORK',
        message: `${text} is named twice`,
        hint: 'each network once',
        value: text,
      });
    } else if (network.mask < widest) {
      report(at, {
        severity: 'warning',
        code: 'WORLD_OPEN_ENDPOINT',
        message:
          network.mask === 0 ? 'the whole world reaches the public endpoint' : `${text} is a large part of the world`,
        hint: 'endpoint: {allow: [203.0.113.0/24]} with your own networks',
        value: text,
      });
    } else if (isPrivateNetwork(network) || isUnroutable(network)) {
      report(at, {
        code: 'PRIVATE_ALLOW',
        message: `${text} is ${isPrivateNetwork(network) ? 'private' : 'no network of hosts'}: nobody comes from there to a public endpoint`,
        hint: 'the public addresses behind which it hides',
        value: text,
      });
    }
  }
}
