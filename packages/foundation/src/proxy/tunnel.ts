import { Agent, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { proxyUnreachable, refusedByProxy, type Way } from './proxy-failure.ts';

/** Called once: with a TLS socket to the target, verified; or with what went wrong. */
export type Connected = (error: Error | null, socket: TLSSocket | undefined) => void;

/** Opens a TLS connection to `options.host` and `options.port`, by the proxy. TLS's own options are of the target. */
export type Tunnel = (options: RequestOptions, connected: Connected) => void;

/**
 * Connections to https targets by CONNECT to one proxy; Node's own agent speaks to it, and keeps TLS sessions. A proxy
 * that refuses or is away is `PROXY_REFUSED`, `PROXY_FAILED` or `PROXY_UNREACHABLE`; what the target does is told as it
 * is. The timeout covers the proxy and the handshake with the target.
 */
export function createTunnel({ proxy, timeoutMs }: { readonly proxy: URL; readonly timeoutMs: number }): Tunnel {
  const agent = new Agent({ proxyEnv: { https_proxy: proxy.href } });
  return (options, connected) => {
    const way = { proxy, target: `${options.host}:${options.port ?? 443}` };
    let isOver = false;
    const end: Connected = (error, socket) => {
      if (isOver) {
        socket?.destroy();
        return;
      }
      isOver = true;
      clearTimeout(late);
      if (error !== null) toProxy?.destroy();
      connected(error, socket);
    };
    const late = setTimeout(() => {
      end(proxyUnreachable(way, broken('ETIMEDOUT', `no answer within ${timeoutMs / 1000} s`)), undefined);
    }, timeoutMs);
    const toProxy = agent.createConnection(options, (error, socket) => {
      if (error === null && socket instanceof TLSSocket) end(null, socket);
      else end(namedFailure(way, error ?? broken('ECONNRESET', 'the tunnel has no TLS')), undefined);
    }) as Socket | undefined;
    // Before the agent's own listener, which does not say whose failure it is.
    toProxy?.prependListener('error', (error: Error) => end(proxyUnreachable(way, error), undefined));
  };
}

/** Node tells of the proxy's own failures by a code of their own. */
function namedFailure(way: Way, error: Error): Error {
  if (!('code' in error) || error.code !== 'ERR_PROXY_TUNNEL') return error;
  const [, status, reason = ''] = /HTTP\/\d(?:\.\d)? (\d{3}) ?([^\r\n]*)$/.exec(error.message) ?? [];
  if (status === undefined) return proxyUnreachable(way, broken('ECONNRESET', 'it hung up without an answer'));
  return refusedByProxy(way, Number(status), reason);
}

/** With the code by which callers know what passes by itself. */
function broken(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
