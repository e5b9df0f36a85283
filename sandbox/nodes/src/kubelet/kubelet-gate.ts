import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join as joinPath } from 'node:path';

/**
 * The way of one cluster's API server to its nodes: an HTTP CONNECT proxy on a Unix socket that brings a node's own address
 * to where this machine answers for it. API servers refuse to proxy to loopback addresses, so without a gate
 * `kubectl logs` works and `/api/v1/nodes/…/proxy` does not.
 */
export interface KubeletGate {
  /** What `--egress-selector-config-file` of the kube-apiserver is to hold. */
  readonly egressConfiguration: string;
  /** Connections to this address and port go to a port of 127.0.0.1, until told otherwise. */
  map(address: string, port: number, localPort: number): void;
  unmap(address: string, port: number): void;
  close(): Promise<void>;
}

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);
const dialTimeoutMs = 10_000;
/** What a socket's path may be long. */
const longestPath = 100;

/**
 * Opened before the control plane starts, because its API server reads the configuration at the start. The socket is
 * made in `directory`, or beside the machine's temporary files where the path would be too long for one.
 */
export async function openKubeletGate(directory: string): Promise<KubeletGate> {
  const routes = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.writeHead(405, { 'content-type': 'text/plain' }).end('only CONNECT\n');
  });
  server.on('connection', (socket) => track(sockets, socket));
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    client.on('error', () => client.destroy());
    const port = targetPort(request.url ?? '', routes);
    if (port === undefined) client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    else join(client, port, sockets);
  });
  const path = await socketPath(directory);
  await listen(server, path);
  return {
    egressConfiguration: egressConfiguration(path),
    map: (address, nodePort, localPort) => void routes.set(`${address}:${nodePort}`, localPort),
    unmap: (address, nodePort) => void routes.delete(`${address}:${nodePort}`),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(dirname(path) === directory ? path : dirname(path), { recursive: true, force: true });
    },
  };
}

async function socketPath(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = joinPath(directory, 'kubelets.sock');
  if (path.length > longestPath) return joinPath(await mkdtemp(joinPath(tmpdir(), 'roadstead-gate-')), 'kubelets.sock');
  await rm(path, { force: true });
  return path;
}

/** A node's address by the table; loopback (aggregated APIs and webhooks of the sandbox) as it is; nothing else. */
export function targetPort(target: string, routes: ReadonlyMap<string, number>): number | undefined {
  const known = routes.get(target);
  if (known !== undefined) return known;
  const colon = target.lastIndexOf(':');
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(target.slice(colon + 1));
  return loopback.has(host) && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function join(client: Socket, port: number, sockets: Set<Socket>): void {
  const upstream = connect({ port, host: '127.0.0.1', timeout: dialTimeoutMs });
  track(sockets, upstream);
  upstream.once('connect', () => {
    upstream.setTimeout(0);
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.on('timeout', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

/** A socket and not a port: over plain TCP the API server's client falls over its own missing TLS settings. */
function egressConfiguration(path: string): string {
  const connection = { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: path } } };
  const egressSelections = [{ name: 'cluster', connection }];
  return JSON.stringify({
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections,
  });
}
