import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAuthority, issueServerCertificate } from '../authority.ts';
import type { Webhook } from '../config-files.ts';

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: { readonly token?: string; readonly user?: string; readonly resourceAttributes?: { verb?: string } };
}

/** Knows one token, `good`, which is jane's; lets jane list and nothing else. Remembers whom it was asked about. */
export async function startWebhook() {
  const authority = createAuthority('webhook', Date.now());
  const { certPem: cert, keyPem: key } = issueServerCertificate(authority, ['127.0.0.1'], Date.now());
  const askedAbout: string[] = [];
  const statusOf = ({ kind, spec }: Review) => {
    if (kind === 'TokenReview') {
      const isGood = spec.token === 'good';
      return isGood
        ? { authenticated: true, user: { username: 'jane', groups: ['readers'] } }
        : { authenticated: false };
    }
    askedAbout.push(spec.user ?? '');
    return { allowed: spec.user === 'jane' && spec.resourceAttributes?.verb === 'list' };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const review = JSON.parse(await text(request)) as Review;
    const { apiVersion, kind } = review;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ apiVersion, kind, status: statusOf(review) }));
  };
  const server = createServer({ cert, key }, (request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const webhook = (path: string): Webhook => ({ url: `https://127.0.0.1:${port}/${path}`, caPem: authority.certPem });
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { token: webhook('token'), authorization: webhook('authorization'), askedAbout, stop };
}
