import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  createTunnel,
  isRoadsteadError,
  type ProxySettings,
  proxyFor,
  type RoadsteadError,
  type Tunnel,
} from '@roadstead/foundation';
import { ForwardingAgent, wayToHttpEndpoint } from './http-endpoint-proxy.ts';

export interface RequestHandlerOptions {
  /** Per try, milliseconds. */
  readonly requestTimeoutMs: number;
  /** One address for every service; absent: AWS's own. */
  readonly endpoint?: string;
  /** Absent: always the direct way. */
  readonly proxy?: ProxySettings;
  /** Told of a proxy that refuses or is away, for callers to whom the SDK says something else. */
  readonly onProxyFailure?: (failure: RoadsteadError) => void;
}

const connectTimeoutMs = 5_000;
/** As the SDK has them for its own agents. */
const pooled = { keepAlive: true, maxSockets: 50 };

/**
 * The SDK's `requestHandler`. Without a proxy its agents are its own; with one they decide per connection, so that one
 * handler serves every host that a client or a chain of credentials asks.
 */
export function requestHandlerOf(options: RequestHandlerOptions): object {
  const { requestTimeoutMs, proxy } = options;
  const timeouts = { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true };
  if (proxy === undefined) return { ...timeouts, connectionTimeout: connectTimeoutMs };
  const way = wayToHttpEndpoint(proxy, options.endpoint);
  return {
    ...timeouts,
    // Longer than the tunnel's own limit, which ends in words that name the proxy.
    connectionTimeout: connectTimeoutMs + 1_000,
    httpsAgent: new TunnellingAgent(proxy, options.onProxyFailure),
    ...(way === undefined ? {} : { httpAgent: new ForwardingAgent(way, pooled) }),
  };
}

/** Reaches https targets by CONNECT where our rule says so. Node's own agent has another idea of NO_PROXY, without networks. */
class TunnellingAgent extends Agent {
  readonly #proxy: ProxySettings;
  readonly #tunnel: Tunnel | undefined;
  readonly #onFailure: ((failure: RoadsteadError) => void) | undefined;

  constructor(proxy: ProxySettings, onFailure?: (failure: RoadsteadError) => void) {
    super(pooled);
    this.#proxy = proxy;
    this.#tunnel =
      proxy.https === undefined ? undefined : createTunnel({ proxy: proxy.https, timeoutMs: connectTimeoutMs });
    this.#onFailure = onFailure;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    if (callback === undefined || this.#tunnel === undefined || proxyFor(targetOf(options), this.#proxy) === undefined)
      return super.createConnection(options, callback);
    this.#tunnel(options, (error, socket) => {
      if (socket !== undefined) return callback(null, socket);
      if (isRoadsteadError(error)) this.#onFailure?.(error);
      // Node's contract: with an error there is no socket.
      (callback as (error: Error | null) => void)(error);
    });
    return undefined;
  }
}

function targetOf({ host, port }: RequestOptions): URL {
  const name = host ?? 'localhost';
  return new URL(`https://${name.includes(':') ? `[${name}]` : name}:${port ?? 443}`);
}
