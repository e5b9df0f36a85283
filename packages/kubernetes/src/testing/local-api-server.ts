import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface LocalApiServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** How many TCP connections were opened. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export type Handler = (request: SeenRequest, response: ServerResponse, count: number) => void;

/** An HTTP server on loopback that answers as a test says; `count` is how often this path was asked before, from 1. */
export async function startLocalApiServer(handler: Handler): Promise<LocalApiServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      if (answerDiscovery(one.url, response)) return;
      const path = one.url.split('?')[0];
      handler(one, response, seen.filter((other) => other.url.split('?')[0] === path).length);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answerJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function answerStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  details?: unknown,
): void {
  answerJson(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details });
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const discovery: Readonly<Record<string, unknown>> = {
  '/api': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: '' },
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'pods',
                responseKind: { group: '', version: 'v1', kind: 'Pod' },
                scope: 'Namespaced',
                verbs,
                subresources: [{ subresource: 'eviction' }],
              },
              {
                resource: 'configmaps',
                responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
                scope: 'Namespaced',
                verbs,
              },
            ],
          },
        ],
      },
    ],
  },
  '/apis': { kind: 'APIGroupDiscoveryList', items: [] },
};

function answerDiscovery(url: string, response: ServerResponse): boolean {
  const body = discovery[url];
  if (body === undefined) return false;
  answerJson(response, 200, body);
  return true;
}
