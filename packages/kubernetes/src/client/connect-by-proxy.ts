import type { SecureContext } from 'node:tls';
import { createTunnel, type ProxySettings, proxyFor, type Tunnel } from '@roadstead/foundation';
import type { buildConnector } from 'undici';

export interface ConnectOptions {
  readonly server: string;
  readonly proxy?: ProxySettings;
  readonly timeoutMs: number;
  /** TLS towards the API server. */
  readonly tls: { readonly secureContext: SecureContext; readonly servername?: string };
}

/**
 * How a pool gets its connections: from undici's own connector, or by the proxy that is for this server. Only the way
 * differs: the pool's limits, its keep-alive and the TLS settings are the same.
 */
export function connectOf({ server, proxy, timeoutMs, tls }: ConnectOptions): buildConnector.connector | object {
  const target = new URL(server);
  const chosen = target.protocol === 'https:' ? proxyFor(target, proxy) : undefined;
  return chosen === undefined
    ? { timeout: timeoutMs, ...tls }
    : byProxy(createTunnel({ proxy: chosen, timeoutMs }), tls);
}

function byProxy(tunnel: Tunnel, tls: ConnectOptions['tls']): buildConnector.connector {
  return ({ hostname, port, servername = '' }, callback) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const name = tls.servername ?? servername;
    const options = {
      ...tls,
      host,
      port: port === '' ? 443 : port,
      ALPNProtocols: ['http/1.1'],
      // The name of a bare address is none.
      ...(name === '' ? {} : { servername: name }),
    };
    tunnel(options, (error, socket) => {
      if (socket === undefined) callback(error ?? new Error('a tunnel without a socket'), null);
      else callback(null, socket.setNoDelay(true).setKeepAlive(true, 60_000));
    });
  };
}
