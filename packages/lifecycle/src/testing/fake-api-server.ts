import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject } from '@roadstead/kubernetes';

/** An API server in memory, over HTTP on loopback: a few kinds, server-side apply by one manager, label and field-less lists. */
export interface FakeApiServer {
  readonly url: string;
  /** By path, as `/api/v1/namespaces/kube-system/configmaps/x`. */
  readonly objects: Map<string, KubernetesObject>;
  /** Writes that were stored, as `PATCH /api/v1/namespaces/x`. */
  readonly writes: string[];
  /** Answers instead of the server, with a status; undefined lets a request through. */
  fault: (method: string, path: string) => number | undefined;
  close(): Promise<void>;
}

const kinds = [
  { resource: 'configmaps', kind: 'ConfigMap', scope: 'Namespaced' },
  { resource: 'namespaces', kind: 'Namespace', scope: 'Cluster' },
  { resource: 'nodes', kind: 'Node', scope: 'Cluster' },
  { resource: 'pods', kind: 'Pod', scope: 'Namespaced' },
  { resource: 'services', kind: 'Service', scope: 'Namespaced' },
] as const;

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const objects = new Map<string, KubernetesObject>();
  const writes: string[] = [];
  const fake = { objects, writes, fault: (() => undefined) as FakeApiServer['fault'] };
  let serial = 0;

  function apply(path: string, text: string, isDry: boolean): { status: number; object: KubernetesObject } {
    const applied = JSON.parse(text) as KubernetesObject;
    const before = objects.get(path);
    serial += 1;
    const object: KubernetesObject = {
      ...applied,
      metadata: {
        ...applied.metadata,
        uid: before?.metadata.uid ?? `uid-${serial}`,
        resourceVersion: String(serial),
        managedFields: [
          { manager: 'roadstead', operation: 'Apply', apiVersion: applied.apiVersion, fieldsV1: fieldsOf(applied) },
        ],
      },
      ...(applied.kind === 'Namespace' ? { status: { phase: 'Active' } } : {}),
    };
    if (!isDry) objects.set(path, object);
    return { status: before === undefined ? 201 : 200, object };
  }

  function answer(method: string, url: URL, body: string): [number, unknown] {
    const path = url.pathname;
    const found = discovery[path];
    if (found !== undefined) return [200, found];
    const status = fake.fault(method, path);
    if (status !== undefined) return refusal(status, `${method} ${path} is refused by the test`);
    const isDry = url.searchParams.get('dryRun') === 'All';
    if (method !== 'GET' && !isDry) writes.push(`${method} ${path}`);
    if (method === 'PATCH') {
      const { status: code, object } = apply(path, body, isDry);
      return [code, object];
    }
    const one = objects.get(path);
    if (method === 'DELETE') return objects.delete(path) ? [200, one] : refusal(404, 'not found');
    if (one !== undefined) return [200, one];
    const resource = path.split('/').at(-1);
    if (kinds.every((kind) => kind.resource !== resource)) return refusal(404, 'not found');
    return [200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: list(path, url) }];
  }

  function list(path: string, url: URL): KubernetesObject[] {
    const [, , , maybe, namespace, named] = path.split('/');
    const resource = path.split('/').at(-1) ?? '';
    const label = url.searchParams.get('labelSelector');
    return [...objects].flatMap(([at, object]) => {
      const isOfKind = at.split('/').at(-2) === resource;
      const isThere = maybe !== 'namespaces' || named === undefined || object.metadata.namespace === namespace;
      const isLabelled = label === null || object.metadata.labels?.[label] !== undefined;
      return isOfKind && isThere && isLabelled ? [object] : [];
    });
  }

  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const [status, content] = answer(request.method ?? '', new URL(request.url ?? '', 'http://fake'), body);
      send(response, status, content);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const discovery: { readonly [path: string]: unknown } = {
  '/api': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: '' },
        versions: [
          {
            version: 'v1',
            resources: kinds.map(({ resource, kind, scope }) => ({
              ...{ resource, scope, verbs },
              responseKind: { group: '', version: 'v1', kind },
            })),
          },
        ],
      },
    ],
  },
  '/apis': { kind: 'APIGroupDiscoveryList', items: [] },
};

/** Every member as a field of its own; lists as one. */
function fieldsOf(object: object): Record<string, unknown> {
  const owned = Object.entries(object).filter(([key]) => !['apiVersion', 'kind', 'name', 'namespace'].includes(key));
  return Object.fromEntries(
    owned.map(([key, value]: [string, unknown]) => [
      `f:${key}`,
      typeof value === 'object' && value !== null && !Array.isArray(value) ? fieldsOf(value) : {},
    ]),
  );
}

function refusal(code: number, message: string): [number, unknown] {
  const reason = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound' }[code] ?? 'InternalError';
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }];
}

async function collect(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}
