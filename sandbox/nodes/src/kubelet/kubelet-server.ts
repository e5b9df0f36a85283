import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { messageOf } from '@roadstead/foundation';
import type { ClientCertificate } from '../ports.ts';
import { type RequestUrl, urlOf } from './request-url.ts';

/** What one node's kubelet answers about its pods. A missing pod or container is `undefined`. */
export interface KubeletAnswers {
  configz(): unknown;
  /** The log up to now; following ends at once, as of a container that prints nothing more. */
  logs(namespace: string, pod: string, container: string, query: URLSearchParams): string | undefined;
  statsSummary(): unknown;
  resourceMetrics(): string;
  pods(): unknown;
}

export interface KubeletServerOptions {
  readonly certificate: ClientCertificate;
  /** Clients must show a certificate of this authority; a real kubelet trusts the cluster's. */
  readonly clientCaPem: string;
  readonly answers: KubeletAnswers;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The HTTPS side of one kubelet, on a port of its own of the loopback address. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { certificate, clientCaPem, answers } = options;
  const server = createServer(
    {
      cert: certificate.certPem,
      key: certificate.keyPem,
      ca: clientCaPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => answer(request, response, answers),
  );
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close: () => closeServer(server) };
}

const refusal = 'the sandbox runs no containers: exec, attach and port-forward have nothing to reach';

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Nothing that is thrown here may leave: this process plays all the nodes. */
function answer(request: IncomingMessage, response: ServerResponse, answers: KubeletAnswers): void {
  try {
    const url = urlOf(request.url);
    if (url === undefined) writeText(response, 400, `not a path: ${request.url}\n`);
    else route(url, response, answers);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else writeText(response, 500, `${messageOf(error)}\n`);
  }
}

function route(url: RequestUrl, response: ServerResponse, answers: KubeletAnswers): void {
  const [, first, namespace, pod, container] = url.parts;
  if (first === 'containerLogs' && container !== undefined) {
    return writeLogs(response, answers.logs(namespace ?? '', pod ?? '', container, url.searchParams));
  }
  if (url.pathname === '/configz') return writeJson(response, { kubeletconfig: answers.configz() });
  if (url.pathname === '/stats/summary') return writeJson(response, answers.statsSummary());
  if (url.pathname === '/pods' || url.pathname === '/runningpods/') return writeJson(response, answers.pods());
  if (url.pathname === '/healthz') return writeText(response, 200, 'ok');
  if (url.pathname === '/metrics/resource') return writeText(response, 200, answers.resourceMetrics());
  if (['exec', 'attach', 'portForward', 'run'].includes(first ?? '')) return writeText(response, 501, refusal);
  return writeText(response, 404, '404 page not found\n');
}

function writeLogs(response: ServerResponse, text: string | undefined): void {
  if (text === undefined) return writeText(response, 404, 'container not found\n');
  return writeText(response, 200, text);
}

function writeJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function writeText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
