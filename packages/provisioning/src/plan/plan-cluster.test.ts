import type { JsonObject } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import type { ObservedAws, ObservedCluster } from '../observe/observed.ts';
import { exampleRelease } from '../testing/example-release.ts';
import type { PlanScope } from './plan-aws.ts';
import { planCluster } from './plan-cluster.ts';

const own = { 'roadstead.dev/cluster': 'shop' };

/** The example's cluster with other fields, against one that is there as it says, with other fields. */
function plan(request: JsonObject, described?: JsonObject, more: Partial<ObservedCluster> = {}) {
  const whole = exampleRelease();
  const stated = { ...whole.eks.cluster, roleArn: 'arn:role', resourcesVpcConfig: {}, ...request };
  const release = { ...whole, eks: { ...whole.eks, cluster: stated } };
  const eks: ObservedCluster = {
    described: { ...stated, accessConfig: { authenticationMode: 'API' }, tags: own, ...described },
    status: 'ACTIVE',
    tags: own,
    health: [],
    arn: 'arn:c',
    version: '1.36',
    ...more,
  };
  const observed = {
    ...(described === undefined ? {} : { eks }),
    logGroup: { name: 'group', retentionDays: 90, storedBytes: 0 },
  } as unknown as ObservedAws;
  const scope: PlanScope = { release, observed, outputs: {}, isDrift: false };
  const { changes, refusals } = planCluster(scope);
  return {
    lines: changes.map(
      ({ id, action, class: level, fields }) => `${action} ${id} ${level}: ${fields.map(({ path }) => path).join(' ')}`,
    ),
    refusals: refusals.map(({ code, message }) => `${code}: ${message}`),
    changes,
  };
}

describe('what is asked for and nobody knows', () => {
  it('is refused before the cluster is made, not only afterwards', () => {
    const stated = { quantumConfig: { enabled: true } };
    const message = 'FIELD_NOT_KNOWN: nothing says how quantumConfig.enabled is compared and changed';
    expect(plan(stated).refusals).toEqual([message]);
    expect(plan(stated, {}).refusals).toEqual([message]);
  });
});

describe('a field of the control plane', () => {
  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'log types',
      { logging: { clusterLogging: [{ types: ['api'], enabled: true }] } },
      { logging: { clusterLogging: [{ types: ['audit'], enabled: true }] } },
      'update eks/cluster safe: logging',
    ],
    [
      'egress to the customer’s routes',
      { resourcesVpcConfig: { controlPlaneEgressMode: 'CUSTOMER_ROUTED' } },
      { resourcesVpcConfig: { controlPlaneEgressMode: 'AWS_MANAGED' } },
      'update eks/cluster one-way: resourcesVpcConfig.controlPlaneEgressMode',
    ],
    [
      'access entries besides aws-auth',
      { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } },
      { accessConfig: { authenticationMode: 'CONFIG_MAP' } },
      'update eks/cluster one-way: accessConfig.authenticationMode',
    ],
    [
      'encryption where there is none',
      { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn: 'arn:key' } }] },
      {},
      'update eks/cluster one-way: encryptionConfig',
    ],
    [
      'a part of Auto Mode, whatever EKS filled in beside it',
      { computeConfig: { enabled: true } },
      { computeConfig: { enabled: false, nodePools: ['system'], nodeRoleArn: 'arn:auto' } },
      'update eks/cluster disruptive: computeConfig.enabled',
    ],
  ])('%s', (_name, request, described, line) => {
    const before = 'encryptionConfig' in request ? { encryptionConfig: [] } : {};
    expect(plan(request, { ...before, ...described })).toMatchObject({ lines: [line], refusals: [] });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['roleArn', { roleArn: 'arn:other' }, { roleArn: 'arn:role' }],
    [
      'kubernetesNetworkConfig.serviceIpv4Cidr',
      { kubernetesNetworkConfig: { serviceIpv4Cidr: '10.100.0.0/16' } },
      { kubernetesNetworkConfig: { serviceIpv4Cidr: '172.20.0.0/16' } },
    ],
    [
      'accessConfig.authenticationMode',
      { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } },
      { accessConfig: { authenticationMode: 'API' } },
    ],
    [
      'resourcesVpcConfig.controlPlaneEgressMode',
      { resourcesVpcConfig: { controlPlaneEgressMode: 'AWS_MANAGED' } },
      { resourcesVpcConfig: { controlPlaneEgressMode: 'CUSTOMER_ROUTED' } },
    ],
    [
      'encryptionConfig',
      { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn: 'arn:new' } }] },
      { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn: 'arn:old' } }] },
    ],
  ])('%s never goes back without another cluster', (path, request, described) => {
    expect(plan(request, described).refusals).toEqual([expect.stringMatching(`^WOULD_REPLACE_CLUSTER: ${path} `)]);
  });
});

describe('encryption of Secrets', () => {
  const encrypted = { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn: 'arn:key' } }] };

  it('is not left out again, or the stack would delete the key', () => {
    const left = /^WOULD_REPLACE_CLUSTER: encryptionConfig is set for good/;
    expect(plan({}, encrypted)).toMatchObject({ refusals: [expect.stringMatching(left)] });
  });

  it('that was never there is nothing to miss', () => {
    expect(plan({}, { encryptionConfig: [] })).toMatchObject({ refusals: [] });
  });
});

describe('a control plane', () => {
  it.each(['FAILED', 'DELETING'])('that is %s is made again when it has gone', (status) => {
    const { changes } = plan({}, {}, { status });
    expect(changes[0]).toMatchObject({ action: 'create', why: `${status}: made again when it has gone` });
  });

  it.each(['CREATING', 'UPDATING', 'PENDING'])('that is %s and as declared is only not finished', (status) => {
    const { changes } = plan({}, {}, { status });
    expect(changes).toMatchObject([{ action: 'update', class: 'none', why: `${status}: not finished yet` }]);
  });

  it('of somebody else is left alone', () => {
    expect(plan({}, {}, { tags: {} })).toMatchObject({
      lines: [],
      refusals: [expect.stringMatching('FOREIGN_CLUSTER')],
    });
  });
});

describe('the Kubernetes version', () => {
  it.each([
    ['1.36', []],
    ['1.35', ['update eks/cluster/version one-way: version']],
  ])('from %s', (version, lines) => {
    expect(plan({}, {}, { version })).toMatchObject({ lines, refusals: [] });
  });

  it.each([
    ['1.34', 'VERSION_SKIPPED'],
    ['1.37', 'VERSION_DOWNGRADE'],
  ])('from %s is refused: %s', (version, code) => {
    expect(plan({}, {}, { version }).refusals).toEqual([expect.stringMatching(`^${code}: `)]);
  });
});
