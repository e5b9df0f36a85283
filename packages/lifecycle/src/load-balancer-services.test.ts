import { RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { noLeftovers } from '@roadstead/provisioning';
import { expect, it } from 'vitest';
import { askLoadBalancerServices, withoutReleased } from './load-balancer-services.ts';

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
  expect(warning).toMatch(/^Services cannot be listed.*: services is forbidden\. .*are deleted in AWS instead$/);
});

it('ends when it is told to, without a warning', async () => {
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(askLoadBalancerServices({ list: () => Promise.reject(ended.reason) }, ended)).rejects.toThrow('ended');
});

it('a classic load balancer goes with the Service that owns it, and is deleted in AWS without one', () => {
  const [mine, orphan] = ['a0f6d2a1c3b4e4c5d8e9fa0b1c2d3e4f', 'affffffffffffffffffffffffffffff0'];
  const leftovers = { ...noLeftovers, classicLoadBalancers: [mine, orphan] };
  const front = { namespace: 'shop', name: 'front', uid: '0f6d2a1c-3b4e-4c5d-8e9f-a0b1c2d3e4f5' };
  expect(withoutReleased(leftovers, [front]).classicLoadBalancers).toEqual([orphan]);
});
