import { BlockList, isIP } from 'node:net';

/** Which proxies there are. Their addresses may hold a password: only `shownProxy` of one is fit to be read. */
export interface ProxySettings {
  /** The proxy for https targets, as `readProxyUrl` gives it. */
  readonly https?: URL;
  /** The proxy for http targets. */
  readonly http?: URL;
  /** Who is reached without, as NO_PROXY has it: hosts, domains, networks, `host:port`, `*`. */
  readonly noProxy?: string;
}

/** The proxy by which a target is reached, or undefined for the direct way. Resolves no names. */
export function proxyFor(target: URL, settings: ProxySettings | undefined): URL | undefined {
  const proxy = target.protocol === 'https:' ? settings?.https : settings?.http;
  if (proxy === undefined) return undefined;
  const host = hostOf(target.hostname);
  const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
  if (isOfThisMachine(host)) return undefined;
  const entries = (settings?.noProxy ?? '').toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => covers(entry, host, port)) ? undefined : proxy;
}

/**
 * What no proxy can reach for us, whatever NO_PROXY says: loopback, and the link-local addresses at which an instance or
 * a container is told its credentials (169.254.169.254, 169.254.170.2, 169.254.170.23, and those of IPv6).
 */
const ofThisMachine = new BlockList();
ofThisMachine.addSubnet('127.0.0.0', 8, 'ipv4');
ofThisMachine.addAddress('::1', 'ipv6');
ofThisMachine.addSubnet('169.254.0.0', 16, 'ipv4');
ofThisMachine.addSubnet('fe80::', 10, 'ipv6');
ofThisMachine.addSubnet('fd00:ec2::', 32, 'ipv6');

function isOfThisMachine(host: string): boolean {
  if (isIP(host) !== 0) return ofThisMachine.check(host, familyOf(host));
  return host === 'localhost' || host.endsWith('.localhost');
}

/**
 * One entry of NO_PROXY, as Go's `httpproxy` reads it, and so kubectl: `example.com` is the host and what is below it,
 * `.example.com` and `*.example.com` only what is below, `10.0.0.0/8` the addresses in it; an entry with a port is for
 * that port. What makes no sense covers nothing.
 */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && holds(entry, host);
  const { name, only } = withPort(entry);
  if (only !== undefined && only !== port) return false;
  if (isIP(name) !== 0) return isIP(host) !== 0 && holds(`${name}/${name.includes(':') ? 128 : 32}`, host);
  const domain = name.replace(/^\*?\./, '');
  if (domain === '') return false;
  return host.endsWith(`.${domain}`) || (domain === name && host === domain);
}

/** Whether an address lies in a network; an IPv4 address in IPv6 clothes is the IPv4 address. */
function holds(network: string, address: string): boolean {
  const [base = '', prefix = ''] = network.split('/');
  const size = base.includes(':') ? 128 : 32;
  if (isIP(base) === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > size) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), familyOf(base));
  return list.check(address, familyOf(address));
}

function withPort(entry: string): { readonly name: string; readonly only: string | undefined } {
  const [, bracketed, plain, only] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain ?? entry, only };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** A URL's host without the brackets of IPv6 and without a closing dot. */
function hostOf(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}
