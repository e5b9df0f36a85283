import { RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { expect, it } from 'vitest';
import { askLoadBalancerServices } from './load-balancer-services.ts';

const service = (name: string, type: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', uid: `uid-of-${name}` },
  spec: { type },
});
const signal = new AbortController().signal;

it('finds the Services that hold a load balancer', async () => {
  const list = async () => ({
    items: [service('front', 'LoadBalancer'), service('back', 'ClusterIP')],
    resourceVersion: '1',
  });
  expect(await askLoadBalancerServices({ list }, signal)).toEqual({
    services: [{ namespace: 'shop', name: 'front', uid: 'uid-of-front' }],
  });
});

it('says why they could not be listed', async () => {
  const list = () => Promise.reject(new RoadsteadError('services is forbidden', { code: 'KUBE_FORBIDDEN' }));
  const { services, warning } = await askLoadBalancerServices({ list }, signal);
  expect(services).toEqual([]);
  expect(warning).toMatch(/^Services cannot be listed.*: services is forbidden\. .*classic ones are not$/);
});

it('ends when it is told to, without a warning', async () => {
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(askLoadBalancerServices({ list: () => Promise.reject(ended.reason) }, ended)).rejects.toThrow('ended');
});
