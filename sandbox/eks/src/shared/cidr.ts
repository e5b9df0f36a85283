/** An IPv4 block as two numbers: first address and how many leading bits count. */
export interface Cidr {
  readonly base: number;
  readonly bits: number;
}

/** `undefined` when the text is no IPv4 block in its canonical form (host bits must be zero). */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  const bits = parts[4] ?? 0;
  if (parts.slice(0, 4).some((part) => part > 255) || bits > 32) return undefined;
  const base = parts.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  return base % 2 ** (32 - bits) === 0 ? { base, bits } : undefined;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  const bits = Math.min(a.bits, b.bits);
  const size = 2 ** (32 - bits);
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && overlaps(outer, inner);
}

/** The n-th address of a block, as `clusterDNS` is the tenth of the service range. */
export function addressIn(cidr: Cidr, n: number): string {
  const address = cidr.base + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export const privateBlocks: readonly Cidr[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(known);

/** Blocks that no client on the internet has: EKS refuses them as publicAccessCidrs. */
export const reservedBlocks: readonly Cidr[] = [
  ...privateBlocks,
  ...['100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4'].map(known),
];

function known(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no block`);
  return cidr;
}
