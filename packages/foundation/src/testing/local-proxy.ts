import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestCertificate } from './test-certificate.ts';

/** What the proxy does with who asks: lets through to a port of this machine, whatever the name; refuses; or says nothing. */
export type ProxyRule = { readonly to: number } | { readonly refuse: number } | 'silence' | 'hang-up';

export interface LocalProxy {
  readonly url: URL;
  /** What it was asked for, in order: `CONNECT eks.example:443`, `GET http://aws.example/`. */
  readonly asked: readonly string[];
  /** The headers of the last that asked. */
  readonly headers: () => IncomingMessage['headers'];
  close(): Promise<void>;
}

/**
 * A proxy on loopback, for tests: CONNECT for https targets, absolute addresses for http ones. With a certificate for
 * `localhost` it speaks TLS itself.
 */
export async function startLocalProxy(rule: ProxyRule, secure?: TestCertificate): Promise<LocalProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let headers: IncomingMessage['headers'] = {};
  const note = (request: IncomingMessage) => {
    asked.push(`${request.method} ${request.url}`);
    headers = request.headers;
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    note(request);
    forward(rule, request, response);
  };
  const tls = { cert: secure?.certificatePem, key: secure?.keyPem };
  const server = secure === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.on('connect', (request, socket: Socket) => {
    note(request);
    tunnel(rule, socket, (target) => sockets.add(target));
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${secure === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}`),
    asked,
    headers: () => headers,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function tunnel(rule: ProxyRule, socket: Socket, opened: (target: Socket) => void): void {
  socket.on('error', () => socket.destroy());
  if (rule === 'silence') return;
  if (rule === 'hang-up') return void socket.destroy();
  if ('refuse' in rule) return void socket.end(`HTTP/1.1 ${rule.refuse} By the rules\r\ncontent-length: 0\r\n\r\n`);
  const target = connect(rule.to, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(target).pipe(socket);
  });
  target.on('error', () => socket.destroy());
  opened(target);
}

function forward(rule: ProxyRule, request: IncomingMessage, response: ServerResponse): void {
  if (rule === 'silence') return;
  if (rule === 'hang-up') return void request.socket.destroy();
  if ('refuse' in rule) return void response.writeHead(rule.refuse, 'By the rules').end();
  const { pathname, search } = new URL(request.url ?? '');
  const { method = 'GET', headers } = request;
  const onward = sendRequest({ host: '127.0.0.1', port: rule.to, method, headers, path: pathname + search });
  onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
