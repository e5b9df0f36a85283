import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { messageOf } from '@roadstead/foundation';

export interface ServerTls {
  readonly certPem: string;
  readonly keyPem: string;
  readonly caPem: string;
}

/** Answers by method and path; `undefined` is 404. */
export type Route = (method: string, path: string, body: unknown) => Promise<object | undefined>;

/** The HTTPS server on loopback that API servers ask for authentication and authorization. */
export interface WebhookServer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly caPem: string;
  close(): Promise<void>;
}

const maxBodyBytes = 256 * 1024;

export async function startWebhookServer(
  tls: ServerTls,
  route: Route,
  log: (fields: object, message: string) => void,
): Promise<WebhookServer> {
  const server = createServer({ cert: tls.certPem, key: tls.keyPem, requestTimeout: 10_000 }, (request, response) => {
    void answer(request, response, route, log);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the webhook server has no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    caPem: tls.caPem,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  route: Route,
  log: (fields: object, message: string) => void,
): Promise<void> {
  const send = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  try {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const found = await route(request.method ?? 'GET', path, await readJson(request));
    if (found === undefined) send(404, { message: 'not found' });
    else send(200, found);
  } catch (error) {
    log({ path: request.url, error: messageOf(error) }, 'webhook failed');
    send(500, { message: messageOf(error) });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks).toString();
  return content === '' ? undefined : JSON.parse(content);
}
