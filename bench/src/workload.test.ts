import { keyOf, refOf } from '@roadstead/kubernetes';
import { expect, it } from 'vitest';
import { workloadOf } from './workload.ts';

it.each([2, 17, 400])('makes %d objects of different identity', (count) => {
  const { objects, sample } = workloadOf(count, 'a');
  expect(objects).toHaveLength(count);
  expect(new Set(objects.map((object) => keyOf(refOf(object)))).size).toBe(count);
  expect(objects).toContainEqual(
    expect.objectContaining({
      kind: 'ConfigMap',
      metadata: expect.objectContaining({ namespace: sample.namespace, name: sample.name }),
    }),
  );
});

it('mixes kinds over several namespaces', () => {
  const { objects, namespaces } = workloadOf(400, 'a');
  expect(namespaces).toHaveLength(10);
  expect(new Set(objects.map(({ kind }) => kind)).size).toBe(9);
});
