import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { RoadsteadError } from '@roadstead/foundation';
import { parseQuery, type WireAnswer, type WireRequest } from './protocol/http.ts';

/** Answers one request; `undefined` ends the connection without an answer. `gone` aborts when the client leaves. */
export type WireHandler = (request: WireRequest, gone: AbortSignal) => Promise<WireAnswer | undefined>;

export interface WireServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface WireLimits {
  /** Bytes. Default 64 MiB. */
  readonly largestBody?: number;
  /** For a client to send a whole request; how long its answer may take has no limit. Default a minute. */
  readonly requestMs?: number;
}

/** Listens on 127.0.0.1. Rejects with PORT_IN_USE when the port is taken. `port` 0 takes a free one. */
export async function listen(handler: WireHandler, port: number, limits: WireLimits = {}): Promise<WireServer> {
  const { largestBody = 64 * 1024 * 1024, requestMs = 60_000 } = limits;
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(requestMs, 5_000) },
    (incoming, outgoing) => void serve(handler, largestBody, incoming, outgoing),
  );
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, port)));
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { port: address.port, close: () => closeServer(server) };
}

function listenProblem(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new RoadsteadError(`Port ${port} is in use.`, {
    code: 'PORT_IN_USE',
    value: port,
    hint: 'Choose another with --port, or leave it out for a free one.',
    cause: error,
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(
  handler: WireHandler,
  largestBody: number,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort(new Error('The client is gone.')));
  try {
    const body = await readBody(incoming, largestBody);
    if (body === undefined) return refuse(outgoing, 413);
    const answer = await handler(toWire(incoming, body), gone.signal);
    if (gone.signal.aborted) return;
    if (answer === undefined) return void outgoing.destroy();
    const bytes = Buffer.from(answer.body);
    outgoing.writeHead(answer.status, {
      ...answer.headers,
      'content-length': bytes.length,
      date: new Date().toUTCString(),
    });
    outgoing.end(incoming.method === 'HEAD' ? undefined : bytes);
  } catch {
    refuse(outgoing, 500);
  }
}

/** Without a body: nothing is known of the protocol. The connection ends, since the request may not have been read. */
function refuse(outgoing: ServerResponse, status: number): void {
  if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
  outgoing.writeHead(status, { connection: 'close', 'content-length': 0 }).end();
}

/** `undefined`: larger than allowed. What is left of it is read and forgotten, so that the client hears the answer. */
async function readBody(incoming: IncomingMessage, largest: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > largest) {
      incoming.resume();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toWire(incoming: IncomingMessage, body: Uint8Array): WireRequest {
  const url = incoming.url ?? '/';
  const at = url.indexOf('?');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return {
    method: incoming.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? [] : parseQuery(url.slice(at + 1)),
    headers: Object.fromEntries(headers),
    body,
  };
}
