import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ProxySettings,
  proxyFor,
  proxyUnreachable,
  type RoadsteadError,
  refusedByProxy,
  type Way,
} from '@roadstead/foundation';

/**
 * The way by a proxy to the one target of http that there is: an endpoint that somebody set. What an instance or a
 * container is asked for its credentials goes by ways of the SDK that know no proxy.
 */
export function wayToHttpEndpoint(proxy: ProxySettings | undefined, endpoint: string | undefined): Way | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const target = new URL(endpoint);
  const chosen = target.protocol === 'http:' ? proxyFor(target, proxy) : undefined;
  return chosen === undefined ? undefined : { proxy: chosen, target: `${target.hostname}:${target.port || 80}` };
}

/** Sends requests whole to the proxy, as http has it, and names it when it is away. */
export class ForwardingAgent extends Agent {
  readonly #way: Way;

  constructor(way: Way, options: { readonly keepAlive: boolean; readonly maxSockets: number }) {
    const ofThisMachine = 'localhost,127.0.0.1,[::1],::1,169.254.169.254,169.254.170.2,169.254.170.23';
    super({ ...options, proxyEnv: { http_proxy: way.proxy.href, no_proxy: ofThisMachine } });
    this.#way = way;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options);
    if (socket === null || socket === undefined || callback === undefined) return socket;
    // Node's contract: with an error there is no socket.
    const failed = (error: Error) => (callback as (error: Error) => void)(proxyUnreachable(this.#way, error));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      callback(null, socket);
    });
    return undefined;
  }
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly reason?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The proxy's own refusal, or undefined for what AWS answered: that is XML or JSON, whatever the status. */
export function refusalOf(way: Way, { statusCode, reason = '', headers }: HttpAnswer): RoadsteadError | undefined {
  const isOfAws = statusCode !== 407 && /xml|json|cbor/.test(headers['content-type'] ?? '');
  if (isOfAws || ![403, 407, 502, 503, 504].includes(statusCode)) return undefined;
  return refusedByProxy(way, statusCode, reason);
}
