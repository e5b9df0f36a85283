import { expect, test } from 'vitest';
import { endsByItself, parseImage, pullOutcome } from './images.ts';

const open = { unpullable: [], refusedByEcr: false };

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.29', 'docker.io/library/nginx:1.29'],
  ['grafana/grafana:12', 'docker.io/grafana/grafana:12'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  [`nginx@sha256:${'a'.repeat(64)}`, `docker.io/library/nginx@sha256:${'a'.repeat(64)}`],
  [
    '602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/kube-proxy:v1.36.0-eksbuild.2',
    '602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/kube-proxy:v1.36.0-eksbuild.2',
  ],
])('%s is %s', (image, full) => {
  expect(parseImage(image)?.full).toBe(full);
});

test.each(['', 'Nginx', 'nginx:', 'a b', 'nginx:1.29 ', '-x'])('%j is no name of an image', (image) => {
  expect(parseImage(image)).toBeUndefined();
  expect(pullOutcome(image, open).kind).toBe('bad-name');
});

test.each([
  ['registry.invalid/app:1', 'no such host'],
  ['nginx:does-not-exist', 'nginx:does-not-exist: not found'],
  ['does-not-exist', 'pull access denied'],
  ['example.org/broken/api:2', 'not found'],
])('%s cannot be pulled', (image, message) => {
  const outcome = pullOutcome(image, { ...open, unpullable: ['broken/api'] });
  expect(outcome.kind === 'refused' ? outcome.message : outcome).toContain(message);
});

test('a private registry of ECR asks for the node’s role', () => {
  const image = '602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon-k8s-cni:v1.20.4';
  expect(pullOutcome(image, open).kind).toBe('pulled');
  expect(pullOutcome(image, { ...open, refusedByEcr: true })).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('no basic auth credentials'),
  });
});

test('everything else can, in the same time each time', () => {
  const known = pullOutcome('nginx:1.29', open);
  expect(pullOutcome('nginx:1.29', { refusedByEcr: true, unpullable: ['other'] })).toEqual(known);
  expect(known.kind).toBe('pulled');
});

test.each([
  ['busybox:1.37', true],
  ['docker.io/library/alpine', true],
  ['nginx', false],
  ['example.org/busybox', false],
])('%s ends by itself: %j', (image, ends) => {
  expect(endsByItself(image)).toBe(ends);
});
