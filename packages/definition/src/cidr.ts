import ipaddr from 'ipaddr.js';

/** An IPv4 network: the number of its first address, and its mask. */
export interface Cidr {
  readonly first: number;
  readonly mask: number;
}

/** What is wrong with a CIDR, with the network it most likely means. */
export type CidrFault = { readonly kind: 'syntax' } | { readonly kind: 'host-bits'; readonly network: string };

/** Reads `10.20.0.0/16`, written so and no other way. Addresses are four decimal parts; bits behind the mask must be zero. */
export function parseCidr(text: string): Cidr | CidrFault {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return { kind: 'syntax' };
  const [address, mask] = ipaddr.IPv4.parseCIDR(text);
  const value = address.octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const first = value - (value % sizeOf(mask));
  const network = formatCidr({ first, mask });
  if (first !== value) return { kind: 'host-bits', network };
  return network === text ? { first, mask } : { kind: 'syntax' };
}

/** Tells a network from a fault. */
export function isCidr(parsed: Cidr | CidrFault): parsed is Cidr {
  return 'mask' in parsed;
}

/** Number of addresses behind a mask. */
export function sizeOf(mask: number): number {
  return 2 ** (32 - mask);
}

/** `10.20.0.0/16`. */
export function formatCidr({ first, mask }: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join('.')}/${mask}`;
}

/** True when two networks share an address. */
export function overlap(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + sizeOf(b.mask) && b.first < a.first + sizeOf(a.mask);
}

/** The `index`-th network of a longer mask inside a network. */
export function subnetOf(network: Cidr, mask: number, index: number): Cidr {
  const first = network.first + index * sizeOf(mask);
  if (mask < network.mask || first + sizeOf(mask) > network.first + sizeOf(network.mask)) {
    throw new RangeError(`${formatCidr(network)} has no subnet /${mask} number ${index}`);
  }
  return { first, mask };
}

const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'];

/** True for networks that lie inside the ranges that nobody routes on the internet (RFC 1918, 6598, 2544). */
export function isPrivateNetwork(network: Cidr): boolean {
  return privateNetworks
    .map(parseCidr)
    .some((range) => isCidr(range) && network.mask >= range.mask && overlap(range, network));
}

const unroutableNetworks = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];

/** True for networks that hold addresses of no host: this network, loopback, link-local, multicast and reserved (RFC 6890). */
export function isUnroutable(network: Cidr): boolean {
  return unroutableNetworks
    .map(parseCidr)
    .some((range) => isCidr(range) && network.mask > 0 && overlap(range, network));
}
