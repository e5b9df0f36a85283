import { describe, expect, it } from 'vitest';
import {
  findMapping,
  parseAggregatedDiscovery,
  parseGroupList,
  parseResourceList,
  preferredMapping,
} from './api-catalog.ts';
import { resourcePath } from './resource-path.ts';
import { type Attempt, parseRetryAfterMs, retryDelayMs } from './retry-rule.ts';
import { meaningOfStatus, parseStatus } from './status-error.ts';
import { linesOf } from './watch.ts';

describe('retryDelayMs', () => {
  const cases: readonly [string, Attempt, boolean, boolean][] = [
    ['a throttled create', { kind: 'status', code: 429 }, false, true],
    ['a failed read', { kind: 'status', code: 503 }, true, true],
    ['a failed create', { kind: 'status', code: 503 }, false, false],
    ['a refused read', { kind: 'status', code: 403 }, true, false],
    ['a conflict', { kind: 'status', code: 409 }, true, false],
    ['a create nobody heard', { kind: 'connection', errorCode: 'ECONNREFUSED' }, false, true],
    ['a create that no proxy took on', { kind: 'connection', errorCode: 'PROXY_UNREACHABLE' }, false, true],
    ['a create that a proxy found no way for', { kind: 'connection', errorCode: 'PROXY_FAILED' }, false, true],
    ['a read that a proxy refuses', { kind: 'connection', errorCode: 'PROXY_REFUSED' }, true, false],
    ['a create that may have been heard', { kind: 'connection', errorCode: 'ECONNRESET' }, false, false],
    ['a read cut off', { kind: 'connection', errorCode: 'UND_ERR_SOCKET' }, true, true],
    ['a wrong certificate', { kind: 'connection', errorCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, true, false],
    ['a slow create', { kind: 'timeout' }, false, false],
    ['a slow read', { kind: 'timeout' }, true, true],
  ];
  it.each(cases)('%s', (_name, outcome, idempotent, retried) => {
    expect(retryDelayMs(1, outcome, idempotent, 0) !== undefined).toBe(retried);
    expect(retryDelayMs(6, outcome, idempotent, 0)).toBeUndefined();
  });

  it('never waits longer than half a minute, whatever the server asks', () => {
    expect(retryDelayMs(1, { kind: 'status', code: 429, retryAfterMs: 3_600_000 }, false, 0)).toBe(30_000);
  });

  it('reads Retry-After as seconds or as a date', () => {
    expect(parseRetryAfterMs('3', 0)).toBe(3000);
    expect(parseRetryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 1000)).toBe(4000);
    expect(parseRetryAfterMs('soon', 0)).toBeUndefined();
  });
});

describe('status', () => {
  it.each([
    [401, '', 'KUBE_UNAUTHORIZED'],
    [403, 'Forbidden', 'KUBE_FORBIDDEN'],
    [404, 'NotFound', 'KUBE_NOT_FOUND'],
    [409, 'Conflict', 'KUBE_CONFLICT'],
    [409, 'AlreadyExists', 'KUBE_ALREADY_EXISTS'],
    [410, 'Expired', 'KUBE_EXPIRED'],
    [422, 'Invalid', 'KUBE_INVALID'],
    [429, 'TooManyRequests', 'KUBE_THROTTLED'],
    [500, 'InternalError', 'KUBE_SERVER_ERROR'],
    [418, '', 'KUBE_REFUSED'],
  ])('%i %s is %s', (code, reason, expected) => {
    expect(meaningOfStatus({ code, reason, message: '', causes: [] }).code).toBe(expected);
  });

  it("quotes a proxy's page instead of failing on it", () => {
    expect(parseStatus(502, '<html>Bad Gateway</html>').message).toBe('<html>Bad Gateway</html>');
  });
});

describe('resourcePath', () => {
  const base = { version: 'v1', kind: 'X', verbs: [], subresources: [] };
  it.each([
    [
      { ...base, group: '', resource: 'pods', namespaced: true },
      { namespace: 'a', name: 'p' },
      '/api/v1/namespaces/a/pods/p',
    ],
    [{ ...base, group: 'apps', resource: 'deployments', namespaced: true }, {}, '/apis/apps/v1/deployments'],
    [
      { ...base, group: 'rbac.authorization.k8s.io', resource: 'clusterroles', namespaced: false },
      { namespace: 'a', name: 'system:node%' },
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode%25',
    ],
    [
      { ...base, group: '', resource: 'pods', namespaced: true },
      { namespace: 'a', name: 'p', subresource: 'eviction', query: { dryRun: 'All', x: undefined } },
      '/api/v1/namespaces/a/pods/p/eviction?dryRun=All',
    ],
  ])('%#', (mapping, parts, expected) => {
    expect(resourcePath(mapping, parts)).toBe(expected);
  });
});

describe('discovery', () => {
  const deployments = {
    resource: 'deployments',
    responseKind: { kind: 'Deployment' },
    scope: 'Namespaced',
    verbs: ['get', 'list'],
    subresources: [{ subresource: 'scale' }],
  };
  const body = {
    items: [
      {
        metadata: { name: 'apps' },
        versions: [
          { version: 'v1', resources: [deployments] },
          { version: 'v1beta1', freshness: 'Stale', resources: [deployments] },
        ],
      },
    ],
  };

  it('maps kinds to resources, the preferred version first', () => {
    const catalog = parseAggregatedDiscovery(body);
    expect(findMapping(catalog, { apiVersion: 'apps/v1beta1', kind: 'Deployment' })?.version).toBe('v1beta1');
    expect(preferredMapping(catalog, 'apps', 'Deployment')).toMatchObject({
      version: 'v1',
      namespaced: true,
      subresources: ['scale'],
    });
    expect(findMapping(catalog, { apiVersion: 'apps/v2', kind: 'Deployment' })).toBeUndefined();
    expect(catalog.unreadable).toEqual(['apps/v1beta1']);
  });

  it('reads the older protocol to the same mappings', () => {
    const list = {
      resources: [
        { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'list'] },
        { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: [] },
      ],
    };
    expect(parseResourceList('apps', 'v1', list)).toEqual([parseAggregatedDiscovery(body).resources[0]]);
    const groups = {
      groups: [
        { name: 'apps', preferredVersion: { version: 'v1' }, versions: [{ version: 'v1beta1' }, { version: 'v1' }] },
      ],
    };
    expect(parseGroupList(groups).map((each) => each.version)).toEqual(['v1', 'v1beta1']);
  });
});

describe('linesOf', () => {
  it('joins lines and characters that were cut anywhere', async () => {
    const bytes = Buffer.from('{"a":"ä€"}\n{"b":1}\n');
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = (async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      })();
      const lines: string[] = [];
      for await (const line of linesOf(chunks)) lines.push(line);
      expect(lines).toEqual(['{"a":"ä€"}', '{"b":1}']);
    }
  });
});
