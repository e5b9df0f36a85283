import { FakeClock } from '@roadstead/foundation';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { answerJson, answerStatus, type Handler, startLocalApiServer } from '../testing/local-api-server.ts';
import { type CredentialSource, refreshingCredentials, staticToken } from './credentials.ts';
import { type ClientOptions, createKubernetesClient, type KubernetesClient } from './kubernetes-client.ts';
import { KubernetesStatusError } from './status-error.ts';
import type { WatchEvent } from './watch.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Sleeps return at once, so that retries cost no time; what was slept is kept. */
class HastyClock extends FakeClock {
  readonly slept: number[] = [];
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function start(handler: Handler, more: Partial<ClientOptions> = {}) {
  const server = await startLocalApiServer(handler);
  const clock = new HastyClock();
  const client = createKubernetesClient({
    server: server.url,
    credentials: staticToken('t-1'),
    userAgent: 'test',
    clock,
    random: () => 0,
    ...more,
  });
  opened.push(server, client);
  return { server, clock, client };
}

const pod = (name: string, resourceVersion = '1') => ({
  metadata: { name, namespace: 'a', resourceVersion, managedFields: [{ manager: 'x' }] },
});
const configMap: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'a' },
};
const pods = { apiVersion: 'v1', kind: 'Pod' };

describe('list', () => {
  it('reads all pages over one connection, fills in the kind and can leave managed fields out', async () => {
    const { client, server } = await start((request, response) => {
      const next = new URL(request.url, 'http://x').searchParams.get('continue');
      const page =
        next === null
          ? { items: [pod('one'), pod('two')], metadata: { continue: 'c2', resourceVersion: '9' } }
          : { items: [pod('three')], metadata: { resourceVersion: '9' } };
      answerJson(response, 200, page);
    });
    const listed = await client.list(pods, { pageSize: 2, dropManagedFields: true });
    expect(listed.items.map((each) => [each.kind, each.metadata.name])).toEqual([
      ['Pod', 'one'],
      ['Pod', 'two'],
      ['Pod', 'three'],
    ]);
    expect(listed.items[0]?.metadata.managedFields).toBeUndefined();
    expect(listed.resourceVersion).toBe('9');
    expect(server.seen.at(-1)?.url).toContain('limit=2');
    // Discovery asks twice at the same time; everything after reuses those two.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it('begins anew without pages when the snapshot expires in between', async () => {
    const { client, server } = await start((request, response) => {
      if (request.url.includes('continue=')) return answerStatus(response, 410, 'Expired', 'too old');
      if (request.url.includes('limit='))
        return answerJson(response, 200, { items: [pod('one')], metadata: { continue: 'c2', resourceVersion: '1' } });
      return answerJson(response, 200, { items: [pod('one'), pod('two')], metadata: { resourceVersion: '5' } });
    });
    const listed = await client.list(pods);
    expect(listed.items).toHaveLength(2);
    expect(server.seen.filter((each) => each.url.startsWith('/api/v1/pods'))).toHaveLength(3);
  });

  it('says so when a kind is not served', async () => {
    const { client } = await start((_request, response) => answerStatus(response, 404, 'NotFound', 'no'));
    await expect(client.list({ apiVersion: 'x.io/v1', kind: 'Thing' })).rejects.toMatchObject({
      code: 'KUBE_KIND_NOT_SERVED',
    });
  });
});

describe('retries', () => {
  it('repeats a read after 503 and waits at least what Retry-After says', async () => {
    const { client, clock } = await start((_request, response, count) =>
      count < 3
        ? answerJson(response, 503, {}, { 'retry-after': '2' })
        : answerJson(response, 200, { apiVersion: 'v1', kind: 'Pod', ...pod('one') }),
    );
    const found = await client.get({ ...pods, name: 'one', namespace: 'a' });
    expect(found?.metadata.name).toBe('one');
    expect(clock.slept).toEqual([2000, 2000]);
  });

  it('repeats an apply whose connection was cut, and not a create', async () => {
    const { client, server } = await start((request, response, count) => {
      if (count === 1) return response.destroy();
      return answerJson(response, 200, JSON.parse(request.body));
    });
    await client.apply(configMap, { fieldManager: 'roadstead' });
    await expect(client.create(configMap)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(server.seen.filter((each) => each.method === 'PATCH')).toHaveLength(2);
    expect(server.seen.filter((each) => each.method === 'POST')).toHaveLength(1);
  });

  it('gives up in the end with what the server said', async () => {
    const { client, server } = await start((_request, response) =>
      answerStatus(response, 500, 'InternalError', 'etcd is gone'),
    );
    await expect(client.get({ ...pods, name: 'one', namespace: 'a' })).rejects.toThrow(/etcd is gone/);
    expect(server.seen.filter((each) => each.url.includes('/pods/one'))).toHaveLength(6);
  });

  it('names the server when nobody listens', async () => {
    const client = createKubernetesClient({
      server: 'http://127.0.0.1:1',
      credentials: staticToken('t'),
      userAgent: 'test',
      clock: new HastyClock(),
    });
    opened.push(client);
    await expect(client.version()).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      value: 'http://127.0.0.1:1',
      retry: 'backoff',
    });
  });

  it('does not wait for a server that never answers', async () => {
    const { client } = await start(() => undefined, { timeouts: { requestMs: 20 } });
    await expect(client.version()).rejects.toMatchObject({ code: 'KUBE_TIMEOUT' });
  });

  it('ends at once when its signal says so', async () => {
    const { client } = await start(() => undefined);
    const controller = new AbortController();
    const asked = client.getRaw('/slow', controller.signal);
    setTimeout(() => controller.abort(new Error('Ctrl-C')), 10);
    await expect(asked).rejects.toThrow('Ctrl-C');
  });
});

describe('what a server or proxy may do to us', () => {
  it('is told as what it is: an object that no store takes is not sent again', async () => {
    const { client, server } = await start((_request, response) =>
      answerStatus(response, 500, 'InternalError', 'etcdserver: request is too large'),
    );
    await expect(client.apply(configMap, { fieldManager: 'roadstead' })).rejects.toMatchObject({
      code: 'KUBE_TOO_LARGE',
      retry: 'never',
    });
    expect(server.seen.filter((each) => each.method === 'PATCH')).toHaveLength(1);
  });

  it('is no crash: an answer to a subresource or a review that is a page of a proxy', async () => {
    const { client } = await start((_request, response) => response.writeHead(200).end('<html>login</html>'));
    const token = client.createSubresource({ ...configMap, name: 'x', namespace: 'a' }, 'token', {});
    await expect(token).rejects.toMatchObject({ code: 'KUBE_BAD_ANSWER' });
    await expect(client.whoAmI()).rejects.toMatchObject({ code: 'KUBE_BAD_ANSWER' });
  });
});

describe('credentials', () => {
  it('are not waited for by who was told to stop; the others get them', async () => {
    let give = (_token: string): void => undefined;
    const source = refreshingCredentials(
      () => new Promise((resolve) => (give = (token) => resolve({ token }))),
      new FakeClock(),
    );
    const controller = new AbortController();
    const first = source.current(controller.signal);
    const second = source.current();
    controller.abort(new Error('Ctrl-C'));
    await expect(first).rejects.toThrow('Ctrl-C');
    give('t-1');
    expect(await second).toEqual({ token: 't-1' });
    await expect(source.current(controller.signal)).rejects.toThrow('Ctrl-C');
  });

  it('that cannot be had are an error of ours with its cause, as every other of a request', async () => {
    const cause = new Error('the session has expired');
    const failing: CredentialSource = { current: () => Promise.reject(cause), reject: () => false };
    const { client } = await start(() => undefined, { credentials: failing });
    await expect(client.getRaw('/a')).rejects.toMatchObject({
      code: 'KUBE_NO_CREDENTIALS',
      message: expect.stringContaining('the session has expired'),
      cause,
    });
  });

  it('fetches a token once for many requests and once more after a 401', async () => {
    const clock = new FakeClock();
    let made = 0;
    const credentials = refreshingCredentials(
      async () => ({ token: `t-${++made}`, expiresAtMs: clock.now() + 900_000 }),
      clock,
    );
    const { client, server } = await start(
      (request, response) =>
        request.headers.authorization === 'Bearer t-2'
          ? answerJson(response, 200, {})
          : answerStatus(response, 401, 'Unauthorized', 'no'),
      { credentials },
    );
    await client.getRaw('/a');
    await Promise.all([client.getRaw('/b'), client.getRaw('/c')]);
    expect(made).toBe(2);
    expect(server.seen.filter((each) => each.headers.authorization === 'Bearer t-1')).toHaveLength(1);
  });

  it('fails with a hint when the new token is refused too', async () => {
    const refused: CredentialSource = refreshingCredentials(async () => ({ token: 'x' }), new FakeClock());
    const { client, server } = await start((_request, response) => answerStatus(response, 401, 'Unauthorized', 'no'), {
      credentials: refused,
    });
    await expect(client.getRaw('/a')).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED', retry: 'never' });
    expect(server.seen).toHaveLength(2);
  });

  it('fetches anew before the held token expires', async () => {
    const clock = new FakeClock();
    let made = 0;
    const source = refreshingCredentials(
      async () => ({ token: `t-${++made}`, expiresAtMs: clock.now() + 840_000 }),
      clock,
    );
    expect((await source.current()).token).toBe('t-1');
    await clock.advance(700_000);
    expect((await source.current()).token).toBe('t-1');
    await clock.advance(100_000);
    expect((await source.current()).token).toBe('t-2');
  });
});

describe('writes', () => {
  it('sends an apply as the server wants it and leaves out what the server makes', async () => {
    const { client, server } = await start((request, response) => answerJson(response, 200, JSON.parse(request.body)));
    await client.apply(
      { ...configMap, metadata: { ...configMap.metadata, name: 'a:b', uid: 'u', managedFields: [] } },
      { fieldManager: 'roadstead' },
    );
    const sent = server.seen.at(-1);
    expect(sent?.url).toBe('/api/v1/namespaces/a/configmaps/a%3Ab?fieldManager=roadstead&fieldValidation=Strict');
    expect(sent?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(JSON.parse(sent?.body ?? '').metadata).toEqual({ name: 'a:b', namespace: 'a' });
  });

  it('tells a conflict with each field and its owner', async () => {
    const causes = [
      { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data.a' },
    ];
    const { client } = await start((_request, response) =>
      answerStatus(response, 409, 'Conflict', 'Apply failed', { causes }),
    );
    const error: unknown = await client
      .apply(configMap, { fieldManager: 'roadstead' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesStatusError);
    expect(error).toMatchObject({ code: 'KUBE_CONFLICT', status: { causes } });
  });

  it('treats deleting what is gone as done, and passes preconditions', async () => {
    const { client, server } = await start((_request, response) => answerStatus(response, 404, 'NotFound', 'gone'));
    expect(await client.delete({ ...configMap, name: 'x', namespace: 'a' }, { uid: 'u-1' })).toBe('gone');
    expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toMatchObject({
      propagationPolicy: 'Background',
      preconditions: { uid: 'u-1' },
    });
  });

  it('reports a disruption budget as blocked without hammering it', async () => {
    const { client, server } = await start((_request, response) =>
      answerStatus(response, 429, 'TooManyRequests', 'budget'),
    );
    expect(await client.evict({ namespace: 'a', name: 'p' })).toBe('blocked');
    expect(server.seen).toHaveLength(1);
  });

  it('has no verb that writes when it is read-only, and dry runs are always dry', async () => {
    const { server } = await start((request, response) => answerJson(response, 200, JSON.parse(request.body)));
    const client = createKubernetesClient({
      server: server.url,
      credentials: staticToken('t'),
      userAgent: 'test',
      readOnly: true,
    });
    opened.push(client);
    for (const verb of [
      'apply',
      'create',
      'patch',
      'delete',
      'evict',
      'createSubresource',
    ] satisfies (keyof KubernetesClient)[])
      expect(client).not.toHaveProperty(verb);
    await client.dryRunApply(configMap, { fieldManager: 'roadstead' });
    expect(server.seen.at(-1)?.url).toContain('dryRun=All');
  });
});

describe('connections', () => {
  it('are kept over writes of every kind, deletes with a body among them', async () => {
    const { client, server } = await start((_request, response) => answerJson(response, 200, configMap));
    await client.get({ ...configMap, ...configMap.metadata });
    const before = server.connections();
    for (let turn = 0; turn < 3; turn++) {
      await client.apply(configMap, { fieldManager: 'roadstead' });
      await client.delete({ ...configMap, ...configMap.metadata }, { uid: 'u-1' });
    }
    expect(server.connections()).toBe(before);
  });
});

describe('watch', () => {
  const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
  const full = (name: string, version: string) => ({ apiVersion: 'v1', kind: 'Pod', ...pod(name, version) });

  async function collect(
    events: AsyncIterable<WatchEvent>,
    count: number,
    controller: AbortController,
  ): Promise<WatchEvent[]> {
    const got: WatchEvent[] = [];
    for await (const event of events) {
      got.push(event);
      if (got.length === count) controller.abort();
    }
    return got;
  }

  it('goes on from the last bookmark when the connection breaks', async () => {
    const controller = new AbortController();
    let breakOff = (): void => undefined;
    const { client, server } = await start((request, response, count) => {
      if (!request.url.includes('watch=true'))
        return answerJson(response, 200, { items: [pod('one')], metadata: { resourceVersion: '10' } });
      response.writeHead(200);
      if (count === 2) {
        const bookmark = line('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '20' } });
        response.write(line('ADDED', full('two', '11')) + bookmark);
        breakOff = () => response.destroy();
      } else response.write(line('DELETED', full('two', '21')));
      return undefined;
    });
    const types: string[] = [];
    for await (const { type } of client.watch(pods, { signal: controller.signal })) {
      types.push(type);
      // Not before it is read: what was not is lost with the connection.
      if (type === 'put') breakOff();
      if (type === 'remove') controller.abort();
    }
    expect(types).toEqual(['snapshot', 'put', 'remove']);
    expect(server.seen.at(-1)?.url).toContain('resourceVersion=20');
  });

  it('lists anew after any error within the stream: going on from there could fail for ever', async () => {
    const controller = new AbortController();
    let lists = 0;
    const { client } = await start((request, response) => {
      if (request.url.includes('watch=true')) {
        response
          .writeHead(200)
          .end(line('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'cannot decode' }));
        return;
      }
      lists += 1;
      answerJson(response, 200, { items: [pod(`p${lists}`)], metadata: { resourceVersion: '1' } });
    });
    const events = await collect(client.watch(pods, { signal: controller.signal }), 3, controller);
    expect(events.map((event) => event.type)).toEqual(['snapshot', 'trouble', 'snapshot']);
  });

  it('keeps its place when an event has no version of its own', async () => {
    const controller = new AbortController();
    const { client, server } = await start((request, response, count) => {
      if (!request.url.includes('watch=true'))
        return answerJson(response, 200, { items: [], metadata: { resourceVersion: '10' } });
      response.writeHead(200);
      if (count === 2) response.end(line('BOOKMARK', { kind: 'Pod', metadata: {} }));
      else response.write(line('ADDED', full('two', '21')));
      return undefined;
    });
    await collect(client.watch(pods, { signal: controller.signal }), 2, controller);
    expect(server.seen.at(-1)?.url).toContain('resourceVersion=10');
  });

  it('takes no connection away from requests', async () => {
    const controller = new AbortController();
    const { client } = await start(
      (request, response) => {
        if (request.url.includes('watch=true')) return response.writeHead(200).flushHeaders();
        if (request.url.startsWith('/api/v1/pods'))
          return answerJson(response, 200, { items: [], metadata: { resourceVersion: '10' } });
        return answerJson(response, 200, { gitVersion: 'v1.36.0' });
      },
      { connections: 1, timeouts: { requestMs: 500 } },
    );
    const watching = collect(client.watch(pods, { signal: controller.signal }), 9, controller);
    await expect.poll(() => client.version()).toMatchObject({ gitVersion: 'v1.36.0' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await client.version()).gitVersion).toBe('v1.36.0');
    controller.abort();
    await watching;
  });

  it('does not wait for the rest of a refusal that never comes', async () => {
    const controller = new AbortController();
    const { client } = await start(
      (request, response) => {
        if (request.url.includes('watch=true')) return response.writeHead(503).write('{');
        return answerJson(response, 200, { items: [], metadata: { resourceVersion: '10' } });
      },
      { timeouts: { requestMs: 300 } },
    );
    const events = await collect(client.watch(pods, { signal: controller.signal }), 2, controller);
    expect(events[1]).toMatchObject({ type: 'trouble' });
  });

  it('lists anew after 410, and lives through a server that is down', async () => {
    const controller = new AbortController();
    let lists = 0;
    const { client } = await start((request, response) => {
      if (request.url.includes('watch=true')) {
        response
          .writeHead(200)
          .end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
        return;
      }
      lists += 1;
      if (lists > 1 && lists < 9) answerStatus(response, 500, 'InternalError', 'down');
      else answerJson(response, 200, { items: [pod(`p${lists}`)], metadata: { resourceVersion: '1' } });
    });
    const events = await collect(client.watch(pods, { signal: controller.signal }), 3, controller);
    expect(events.map((event) => event.type)).toEqual(['snapshot', 'trouble', 'snapshot']);
  });
});
