import { validationError } from './errors.ts';

/**
 * `Fn::Cidr`: the first `count` blocks of `32 - cidrBits` prefix length inside an IPv4 block.
 * Throws ValidationError when they do not fit.
 */
export function splitCidr(block: string, count: number, cidrBits: number): string[] {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(block);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefix = Number(match?.[5]);
  if (match === null || octets.some((octet) => octet > 255) || prefix > 32) {
    throw validationError(`Template error: Fn::Cidr: ${block} is not a valid IPv4 CIDR block`);
  }
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw validationError(`Template error: Fn::Cidr count must be between 1 and 256, got ${count}`);
  }
  const size = 2 ** cidrBits;
  const room = 2 ** (32 - prefix);
  if (!Number.isInteger(cidrBits) || cidrBits < 0 || cidrBits > 32 || size * count > room) {
    throw validationError(`Template error: Fn::Cidr cannot split ${block} into ${count} blocks of /${32 - cidrBits}`);
  }
  const base = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const start = base - (base % room);
  return Array.from({ length: count }, (_, index) => `${dotted(start + index * size)}/${32 - cidrBits}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
