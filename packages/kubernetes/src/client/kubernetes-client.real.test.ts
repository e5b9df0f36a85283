import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { waitReady } from '../readiness/wait-ready.ts';
import { startTestControlPlane, type TestControlPlane } from '../testing/test-control-plane.ts';
import { clientCertificate, staticToken } from './credentials.ts';
import { createKubernetesClient } from './kubernetes-client.ts';
import type { WatchEvent } from './watch.ts';

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await startTestControlPlane();
});
afterAll(() => plane?.stop());

const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
const configMap = (name: string, value = '1'): KubernetesObject => ({
  ...kind,
  metadata: { name, namespace: 'default', labels: { test: 'watch' } },
  data: { value },
});

describe('on a real API server', () => {
  it('reads pages of a list as one', async () => {
    for (let at = 0; at < 7; at++) await plane.client.apply(configMap(`page-${at}`), { fieldManager: 'test' });
    const listed = await plane.client.list(kind, { namespace: 'default', labelSelector: 'test=watch', pageSize: 3 });
    expect(listed.items.map((item) => item.metadata.name)).toEqual(Array.from({ length: 7 }, (_, at) => `page-${at}`));
    expect(listed.items[0]).toMatchObject(kind);
  });

  it('follows what happens, from the list on', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const tell = (event: WatchEvent) => {
      if (event.type === 'put' || event.type === 'remove') seen.push(`${event.type} ${event.object.metadata.name}`);
      return event.type;
    };
    for await (const event of plane.client.watch(kind, {
      namespace: 'default',
      labelSelector: 'test=watch',
      signal: controller.signal,
      holdSeconds: 1,
    })) {
      const type = tell(event);
      if (type === 'snapshot') {
        await plane.client.apply(configMap('seen'), { fieldManager: 'test' });
        await plane.client.apply(configMap('seen', '2'), { fieldManager: 'test' });
        // The server ends the watch after a second: what comes later is seen by the next one.
        setTimeout(() => void plane.client.delete({ ...kind, namespace: 'default', name: 'seen' }), 1_500);
      }
      if (type === 'remove') controller.abort();
    }
    expect(seen).toEqual(['put seen', 'put seen', 'remove seen']);
  });

  it('knows who it is and what it may do', async () => {
    expect((await plane.client.whoAmI()).groups).toContain('system:masters');
    expect(await plane.client.canI({ verb: 'delete', resource: 'namespaces' })).toBe(true);
    expect((await plane.client.version()).gitVersion).toMatch(/^v1\.36\./);
  });

  it('names a token that is not known and a certificate of another authority', async () => {
    const stranger = createKubernetesClient({
      server: plane.server,
      caPem: plane.caPem,
      credentials: staticToken('nobody'),
      userAgent: 'test',
      readOnly: true,
    });
    await expect(stranger.list(kind)).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' });
    await stranger.close();
    const misled = createKubernetesClient({
      server: plane.server,
      credentials: clientCertificate(plane.certificatePem, plane.keyPem),
      userAgent: 'test',
      readOnly: true,
    });
    await expect(misled.version()).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      hint: expect.stringContaining('not signed by the CA'),
    });
    await misled.close();
  });

  it('creates once, and says so when it is there', async () => {
    await plane.client.create(configMap('once'));
    await expect(plane.client.create(configMap('once'))).rejects.toMatchObject({ code: 'KUBE_ALREADY_EXISTS' });
    expect(await plane.client.get({ ...kind, namespace: 'default', name: 'none' })).toBeUndefined();
    expect(await plane.client.delete({ ...kind, namespace: 'default', name: 'none' })).toBe('gone');
    await expect(
      plane.client.delete({ ...kind, namespace: 'default', name: 'once' }, { uid: 'another' }),
    ).rejects.toMatchObject({ code: 'KUBE_CONFLICT' });
  });

  it('waits for a Deployment whose pods nobody runs, and says what it waits for', async () => {
    const web: KubernetesObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
      },
    };
    const { object } = await plane.client.apply(web, { fieldManager: 'test' });
    // No node is there: the scheduler says so on the pod.
    await expect(waitReady(plane.client, [object], { timeoutMs: 3_000, pollMs: 200 })).rejects.toMatchObject({
      code: 'KUBE_NOT_READY',
      message: expect.stringMatching(
        /Deployment default\/web is not ready after 3 s: pod web-\S+ cannot be scheduled: no nodes available/,
      ),
    });
    const pods = await plane.client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'default' });
    const name = pods.items[0]?.metadata.name ?? '';
    expect(await plane.client.evict({ namespace: 'default', name })).toBe('accepted');
  });
});
