import { FakeClock, RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { describe, expect, it, vi } from 'vitest';
import { type ReleaseServiceRequest, releaseService } from './release-service.ts';

const service: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'front', namespace: 'shop', finalizers: ['service.kubernetes.io/load-balancer-cleanup'] },
};

/** Releases a Service that is there for the first `looks` looks. */
function release(looks: number, more: Partial<ReleaseServiceRequest> = {}) {
  const clock = new FakeClock();
  const said: string[] = [];
  let looked = 0;
  const released = releaseService({
    client: {
      delete: async () => 'accepted',
      get: async () => {
        looked += 1;
        return looked > looks ? undefined : service;
      },
    },
    namespace: 'shop',
    name: 'front',
    clock,
    pollScale: 1,
    signal: new AbortController().signal,
    onProgress: ({ status }) => said.push(status),
    ...more,
  }).then(
    () => 'released',
    (error: unknown) => error,
  );
  return { clock, said, released };
}

describe('a Service with a load balancer', () => {
  it('is waited for until it is gone', async () => {
    const { clock, said, released } = release(2);
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    await clock.advance(10_000);
    expect(await released).toBe('released');
    expect(said).toEqual(['waits for its load balancer to go', 'waits for its load balancer to go']);
  });

  it('that is still held at the deadline is an error with a way on, and not removed', async () => {
    const { clock, released } = release(Number.POSITIVE_INFINITY);
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    await clock.advance(6 * 60_000);
    expect(await released).toMatchObject({
      code: 'STEP_TIMED_OUT',
      message: 'Service shop/front is still held by a finalizer: its load balancer has not gone',
      hint: expect.stringContaining('kubectl -n shop describe service front'),
    });
  });

  it.each(['KUBE_TIMEOUT', 'KUBE_FORBIDDEN'])('is not removed when the server answers %s', async (code) => {
    const refused = new RoadsteadError('no', { code });
    const client = { delete: () => Promise.reject(refused), get: () => Promise.reject(refused) };
    expect(await release(0, { client }).released).toBe(refused);
  });
});
