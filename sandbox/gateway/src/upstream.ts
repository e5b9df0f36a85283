import { buildConnector, Pool } from 'undici';
import type { ServiceModels } from './model/service-models.ts';
import { signingNameOf } from './model/service-models.ts';
import { bodyText, encodeRfc3986, type WireAnswer, type WireRequest } from './protocol/http.ts';
import { readAnswer, writeRequest } from './protocol/wire.ts';
import { AwsError, type Place } from './service.ts';

/** The emulator behind the gateway, by wire. */
export interface Upstream {
  /** Passes a request on, acting in `place` whatever it was signed with. Html is never returned: see `Missing`. */
  forward(place: Place, service: string, request: WireRequest, signal?: AbortSignal): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

/** `missing`: the emulator has no such operation. `broken`: it fell over; the text says where. */
export type UpstreamAnswer =
  | ({ readonly kind: 'answer' } & WireAnswer & { readonly body: Uint8Array })
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly reason: string };

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'host',
  'date',
  'server',
  'expect',
  'content-encoding',
  'access-control-allow-origin',
  'vary',
]);

/** moto at a loopback address. A call that takes longer than `timeoutMs` (default 60 s) rejects. */
export function createUpstream(url: string, timeoutMs = 60_000): Upstream {
  // undici would dial by the name in the Host header, which is AWS's own here.
  const dial = buildConnector({});
  const connect: buildConnector.connector = ({ servername: _, ...options }, done) => dial(options, done);
  const pool = new Pool(url, { connections: 16, connect, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  return {
    async forward(place, service, request, signal) {
      const scope = `${place.region}/${service}/aws4_request`;
      const query = request.query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
      const { statusCode, headers, body } = await pool.request({
        method: request.method as 'GET',
        path: query === '' ? request.path : `${request.path}?${query}`,
        headers: {
          ...without(request.headers),
          host: request.headers['host'] ?? `${service}.${place.region}.amazonaws.com`,
          'x-moto-account-id': place.account,
          authorization: `AWS4-HMAC-SHA256 Credential=AKIASANDBOX/20260101/${scope}, SignedHeaders=host, Signature=0`,
        },
        body: request.body.length === 0 ? null : request.body,
        ...(signal === undefined ? {} : { signal }),
      });
      const bytes = new Uint8Array(await body.arrayBuffer());
      return judge(statusCode, without(flat(headers)), bytes);
    },
    close: () => pool.destroy(),
  };
}

/** Our launcher of moto marks what moto does not have (501) and its crashes (500); moto itself answers HTML for some. */
export function judge(status: number, headers: Record<string, string>, body: Uint8Array): UpstreamAnswer {
  const mark = headers['x-roadstead-moto'];
  const isPage = (headers['content-type'] ?? '').startsWith('text/html');
  const nothing = status === 404 && (isPage || body.length === 0);
  if (mark === '501' || nothing) return { kind: 'missing' };
  if (mark === '500') return { kind: 'broken', reason: bodyText(body) };
  return { kind: 'answer', status, headers, body };
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function without(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && name !== 'authorization'),
  );
}

/** A call of the emulator with typed input and output. Rejects with `AwsError`. */
export async function callUpstream(
  upstream: Upstream,
  models: ServiceModels,
  place: Place,
  service: string,
  operationName: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const model = models.find(service);
  const operation = model?.operations[operationName];
  if (model === undefined || operation === undefined) {
    throw new Error(`botocore has no operation ${service}.${operationName}.`);
  }
  const request = writeRequest(model, operation, input);
  const answer = await upstream.forward(place, signingNameOf(service), request);
  if (answer.kind === 'missing') throw notImplemented(service, operationName);
  if (answer.kind === 'broken')
    throw new AwsError('InternalFailure', `moto failed on ${service}.${operationName}: ${answer.reason}`, 500);
  return readAnswer(model, operation, answer);
}

export function notImplemented(service: string, operation: string): AwsError {
  return new AwsError('NotImplemented', `The sandbox does not implement ${service}:${operation}.`, 501);
}
