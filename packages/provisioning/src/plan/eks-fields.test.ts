import type { JsonObject } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import { clusterUpdateBody, nodeGroupConfigBody, nodeGroupVersionBody } from '../eks/requests.ts';
import {
  addonFields,
  clusterFields,
  compareFields,
  type EksCall,
  type FieldRule,
  nodeGroupFields,
  unlistedPaths,
} from './eks-fields.ts';

interface Case {
  readonly name: string;
  readonly table: readonly FieldRule[];
  readonly request: JsonObject;
  readonly described: JsonObject;
  readonly paths: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'a default that AWS filled in',
    table: clusterFields,
    request: {},
    described: { deletionProtection: true },
    paths: [],
  },
  {
    name: 'subnets in another order',
    table: clusterFields,
    request: { resourcesVpcConfig: { subnetIds: ['a', 'b'] } },
    described: { resourcesVpcConfig: { subnetIds: ['b', 'a'] } },
    paths: [],
  },
  {
    name: 'the same log types said in two ways',
    table: clusterFields,
    request: { logging: { clusterLogging: [{ types: ['audit', 'api'], enabled: true }] } },
    described: {
      logging: {
        clusterLogging: [
          { types: ['api', 'audit'], enabled: true },
          { types: ['scheduler'], enabled: false },
        ],
      },
    },
    paths: [],
  },
  {
    name: 'no log types asked for, one there',
    table: clusterFields,
    request: { logging: { clusterLogging: [] } },
    described: { logging: { clusterLogging: [{ types: ['api'], enabled: true }] } },
    paths: ['logging'],
  },
  {
    name: 'foreign tags',
    table: clusterFields,
    request: { tags: { 'roadstead.dev/cluster': 'shop' } },
    described: { tags: { 'roadstead.dev/cluster': 'shop', cost: '7' } },
    paths: [],
  },
  {
    name: 'the desired size',
    table: nodeGroupFields,
    request: { scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 1 } },
    described: { scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 3 } },
    paths: [],
  },
  {
    name: 'no labels and an empty map of them',
    table: nodeGroupFields,
    request: { labels: {}, taints: [] },
    described: {},
    paths: [],
  },
  {
    name: 'a template version as a number',
    table: nodeGroupFields,
    request: { launchTemplate: { id: 'lt-1', version: 2 } },
    described: { launchTemplate: { id: 'lt-1', name: 'x', version: '2' } },
    paths: [],
  },
  {
    name: 'configuration written as YAML',
    table: addonFields,
    request: { configurationValues: '{"replicaCount":2}' },
    described: { configurationValues: 'replicaCount: 2\n' },
    paths: [],
  },
  {
    name: 'a version, a taint and a role',
    table: nodeGroupFields,
    request: { releaseVersion: 'b', taints: [{ key: 'k', effect: 'NO_SCHEDULE' }], nodeRole: 'r2' },
    described: { releaseVersion: 'a', nodeRole: 'r1' },
    paths: ['taints', 'releaseVersion', 'nodeRole'],
  },
];

describe('comparing a request with what EKS describes', () => {
  it.each(cases)('$name', ({ table, request, described, paths }) => {
    expect(compareFields(table, request, described).map(({ path }) => path)).toEqual(paths);
  });

  it('counts a hole as a difference that is not sure', () => {
    const request = { launchTemplate: { version: { $late: 'outputs.pool-app.Version' } } };
    const [difference] = compareFields(nodeGroupFields, request, { launchTemplate: { version: '1' } });
    expect(difference?.unknown).toEqual(['outputs.pool-app.Version']);
  });

  it('names stated fields that no rule knows', () => {
    expect(unlistedPaths(nodeGroupFields, { labels: { a: 'b' }, warmPoolConfig: { size: 1 } })).toEqual([
      'warmPoolConfig.size',
    ]);
  });
});

describe('requests that change in place', () => {
  it('clamp the desired size into new bounds, and leave it where it is inside', () => {
    const body = (minSize: number, maxSize: number, desiredSize: number) => {
      const desired = { scalingConfig: { minSize, maxSize, desiredSize: 1 } };
      const described = { scalingConfig: { minSize: 1, maxSize: 9, desiredSize } };
      return nodeGroupConfigBody(desired, described, compareFields(nodeGroupFields, desired, described)).scalingConfig;
    };
    expect(body(3, 8, 2)).toEqual({ minSize: 3, maxSize: 8, desiredSize: 3 });
    expect(body(1, 4, 6)).toEqual({ minSize: 1, maxSize: 4, desiredSize: 4 });
    expect(body(1, 8, 5)).toEqual({ minSize: 1, maxSize: 8, desiredSize: 5 });
  });

  it('say which labels and taints come and go', () => {
    const desired = { labels: { a: '1', b: '2' }, taints: [{ key: 'k', value: 'v', effect: 'NO_SCHEDULE' }] };
    const described = { labels: { a: '0', c: '3' }, taints: [{ key: 'old', value: 'v', effect: 'NO_EXECUTE' }] };
    const body = nodeGroupConfigBody(desired, described, compareFields(nodeGroupFields, desired, described));
    expect(body.labels).toEqual({ addOrUpdateLabels: { a: '1', b: '2' }, removeLabels: ['c'] });
    expect(body.taints).toEqual({ addOrUpdateTaints: desired.taints, removeTaints: described.taints });
  });

  it('carry only what rolls, in one update', () => {
    const desired = { releaseVersion: 'b', version: '1.36', launchTemplate: { id: 'lt-1', version: '2' } };
    const described = { releaseVersion: 'a', version: '1.36', launchTemplate: { id: 'lt-1', version: '1' } };
    expect(nodeGroupVersionBody(desired, compareFields(nodeGroupFields, desired, described))).toEqual({
      releaseVersion: 'b',
      launchTemplate: { id: 'lt-1', version: '2' },
    });
  });

  it('name the release of the AMI though only the template changed, or EKS would take the latest', () => {
    const desired = { releaseVersion: 'a', version: '1.36', launchTemplate: { id: 'lt-1', version: '2' } };
    const described = { releaseVersion: 'a', version: '1.36', launchTemplate: { id: 'lt-1', version: '1' } };
    expect(nodeGroupVersionBody(desired, compareFields(nodeGroupFields, desired, described))).toEqual({
      releaseVersion: 'a',
      launchTemplate: { id: 'lt-1', version: '2' },
    });
  });

  it.each<[EksCall, JsonObject]>([
    ['UpdateClusterConfig:subnets', { resourcesVpcConfig: { subnetIds: ['s-1'] } }],
    ['UpdateClusterConfig:security-groups', { resourcesVpcConfig: { securityGroupIds: ['sg-1'] } }],
    ['UpdateClusterConfig:endpoint', { resourcesVpcConfig: { endpointPublicAccess: true, publicAccessCidrs: ['c'] } }],
    ['UpdateClusterConfig:egress', { resourcesVpcConfig: { controlPlaneEgressMode: 'CUSTOMER_ROUTED' } }],
    ['UpdateClusterConfig:access', { accessConfig: { authenticationMode: 'API' } }],
    [
      'UpdateClusterConfig:compute',
      { computeConfig: { enabled: true }, kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } } },
    ],
    ['UpdateClusterConfig:components', { kubeApiServerConfig: { eventTtl: '2h' } }],
  ])('carry one kind of change of a cluster, as far as it is stated: %s', (call, body) => {
    const desired = {
      name: 'shop',
      resourcesVpcConfig: {
        subnetIds: ['s-1'],
        securityGroupIds: ['sg-1'],
        endpointPublicAccess: true,
        publicAccessCidrs: ['c'],
        controlPlaneEgressMode: 'CUSTOMER_ROUTED',
      },
      accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false },
      computeConfig: { enabled: true },
      kubernetesNetworkConfig: { ipFamily: 'ipv4', elasticLoadBalancing: { enabled: true } },
      kubeApiServerConfig: { eventTtl: '2h' },
    };
    expect(clusterUpdateBody(call, desired)).toEqual(body);
  });

  it('carry one kind of cluster change, and say which log types are off', () => {
    const desired = {
      deletionProtection: true,
      logging: { clusterLogging: [{ types: ['api'], enabled: true }] },
    };
    expect(clusterUpdateBody('UpdateClusterConfig:deletion-protection', desired)).toEqual({ deletionProtection: true });
    expect(clusterUpdateBody('UpdateClusterConfig:logging', desired)).toEqual({
      logging: {
        clusterLogging: [
          { types: ['api'], enabled: true },
          { types: ['audit', 'authenticator', 'controllerManager', 'scheduler'], enabled: false },
        ],
      },
    });
  });
});
