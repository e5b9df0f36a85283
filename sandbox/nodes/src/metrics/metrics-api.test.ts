import { describe, expect, test } from 'vitest';
import { at, itemsOf } from '../read.ts';
import { podWith } from '../testing/pods.ts';
import { answerMetrics, type MetricsSources } from './metrics-api.ts';

const running = {
  phase: 'Running',
  containerStatuses: [
    {
      name: 'main',
      image: 'x',
      imageID: 'x',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      lastState: {},
    },
  ],
};
const web = podWith({ metadata: { labels: { app: 'web' } }, status: running });
const sources: MetricsSources = {
  nodes: [
    {
      name: 'node',
      labels: { tier: 'app' },
      capacity: { milliCpu: 2000, memoryBytes: 2 ** 33, ephemeralBytes: 0, pods: 29 },
    },
  ],
  pods: [
    {
      ...web,
      spec: {
        ...web.spec,
        containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '1', memory: '1Gi' } } }],
      },
    },
    podWith({ metadata: { name: 'waiting', uid: 'u-2' }, status: { phase: 'Pending' } }),
  ],
  now: 0,
};
const base = '/apis/metrics.k8s.io/v1beta1';
const ask = (path: string, query = '') => answerMetrics(`${base}${path}`, new URLSearchParams(query), sources);

describe('the metrics API', () => {
  test('lists its resources', () => {
    expect(at(ask(''), 'kind')).toBe('APIResourceList');
  });

  test('a running container uses a tenth of its CPU request and half of its memory request', () => {
    expect(ask('/namespaces/default/pods/web')).toMatchObject({
      containers: [{ name: 'main', usage: { cpu: '100m', memory: '524288Ki' } }],
    });
  });

  test.each([
    ['/pods', '', 1],
    ['/namespaces/default/pods', 'labelSelector=app%3Dweb', 1],
    ['/namespaces/default/pods', 'labelSelector=app%3Dapi', 0],
    ['/namespaces/other/pods', '', 0],
    ['/nodes', 'labelSelector=tier%3Dapp', 1],
    ['/nodes', 'labelSelector=tier%3Ddb', 0],
  ])('%s?%s has %i', (path, query, count) => {
    expect(itemsOf(at(ask(path, query), 'items'))).toHaveLength(count);
  });

  test('a node uses what its pods use and its own share', () => {
    expect(ask('/nodes/node')).toMatchObject({ usage: { cpu: '200m' } });
  });

  test.each(['/nodes/other', '/namespaces/default/pods/waiting', '/services', '/namespaces/default'])(
    '%s is nothing',
    (path) => {
      expect(ask(path)).toBeUndefined();
    },
  );
});
