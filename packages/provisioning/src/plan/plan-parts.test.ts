import { describe, expect, it } from 'vitest';
import type { ObservedAws } from '../observe/observed.ts';
import { exampleGroup, exampleRelease } from '../testing/example-release.ts';
import { planAddons } from './plan-addons.ts';
import type { PlanScope } from './plan-aws.ts';
import { planNodeGroups } from './plan-node-groups.ts';

const own = { 'roadstead.dev/cluster': 'shop' };
const request = { nodegroupName: 'app-1', nodeRole: 'arn:role', subnets: ['s'], releaseVersion: 'b' };
const group = { ...exampleGroup('app', 'a', '1'), request };
const addon = { phase: 'add-ons-after' as const, request: { addonName: 'coredns', addonVersion: 'v2' } };
const groupTags = { ...own, 'roadstead.dev/pool': 'app', 'roadstead.dev/zone': 'eu-central-1a' };

function scopeOf(observed: Partial<ObservedAws>, isDrift = false): PlanScope {
  const whole = exampleRelease();
  return {
    release: { ...whole, eks: { ...whole.eks, nodeGroups: [group], addons: [addon] } },
    observed: { nodeGroups: {}, addons: {}, podIdentityAssociations: [], ...observed } as unknown as ObservedAws,
    outputs: {},
    isDrift,
  };
}

/** The example's node group with other fields, and what the plan says of it. */
function ofGroup(fields: object | undefined, status = 'ACTIVE') {
  const tags = groupTags;
  const found = {
    name: 'app-1',
    described: { ...request, tags, ...fields },
    status,
    tags,
    health: [],
    autoScalingGroups: [],
  };
  return planNodeGroups(scopeOf(fields === undefined ? {} : { nodeGroups: { 'app-1': found } })).changes.map(
    (change) => `${change.action} ${change.class}: ${change.why}`,
  );
}

function ofAddon(fields: object | undefined, status = 'ACTIVE') {
  const described = { ...addon.request, tags: own, ...fields };
  const found = { name: 'coredns', arn: 'arn:a', described, status, tags: own, health: [] };
  return planAddons(scopeOf(fields === undefined ? {} : { addons: { coredns: found } })).changes.map(
    (change) => `${change.action} ${change.class}: ${change.why}`,
  );
}

describe('a node group', () => {
  it.each<[string, string[]]>([
    ['ACTIVE', []],
    ['DEGRADED', []],
    ['CREATING', ['update none: CREATING: not finished yet']],
    ['UPDATING', ['update none: UPDATING: not finished yet']],
    ['CREATE_FAILED', ['replace safe: CREATE_FAILED: deleted, then made again']],
    ['DELETING', ['replace safe: DELETING: made again when it has gone']],
    ['DELETE_FAILED', ['replace rolling: DELETE_FAILED: deleted, then made again']],
  ])('as declared and %s', (status, lines) => {
    expect(ofGroup({}, status)).toEqual(lines);
  });

  it.each<[string, object | undefined, string]>([
    ['not there', undefined, 'create safe: declared, not there yet'],
    ['of another release', { releaseVersion: 'a' }, 'update rolling: releaseVersion differs from what is declared'],
    ['of another role', { nodeRole: 'arn:other' }, 'replace replace: nodeRole differs from what is declared'],
  ])('%s', (_name, fields, line) => {
    expect(ofGroup(fields)).toEqual([line]);
  });

  it('of a pool that is no longer declared goes; one of somebody else stays', () => {
    const part = { described: {}, status: 'ACTIVE', health: [], autoScalingGroups: [] };
    const observed = {
      nodeGroups: {
        old: { ...part, name: 'old', tags: { ...own, 'roadstead.dev/pool': 'old' } },
        theirs: { ...part, name: 'theirs', tags: {} },
      },
    };
    const lines = planNodeGroups(scopeOf(observed)).changes.map(({ action, id }) => `${action} ${id}`);
    expect(lines).toEqual(['create eks/node-group/app-1', 'delete eks/node-group/old']);
  });

  it('that states what nobody knows is refused', () => {
    const scope = scopeOf({});
    const odd = { ...group, request: { ...request, placementGroup: 'p' } };
    const release = { ...scope.release, eks: { ...scope.release.eks, nodeGroups: [odd] } };
    expect(planNodeGroups({ ...scope, release }).refusals).toMatchObject([{ code: 'FIELD_NOT_KNOWN' }]);
  });
});

describe('an add-on', () => {
  it.each<[string, string[]]>([
    ['ACTIVE', []],
    ['DEGRADED', []],
    ['CREATING', ['update none: CREATING: not finished yet']],
    ['UPDATING', ['update none: UPDATING: not finished yet']],
    ['UPDATE_FAILED', ['update none: UPDATE_FAILED: not finished yet']],
    ['CREATE_FAILED', ['replace disruptive: CREATE_FAILED: deleted, then made again']],
    ['DELETING', ['replace disruptive: DELETING: made again when it has gone']],
    ['DELETE_FAILED', ['replace disruptive: DELETE_FAILED: deleted, then made again']],
  ])('as declared and %s', (status, lines) => {
    expect(ofAddon({}, status)).toEqual(lines);
  });

  it.each<[string, object | undefined, string]>([
    ['not there', undefined, 'create safe: declared, not there yet'],
    ['of another version', { addonVersion: 'v1' }, 'update rolling: addonVersion differs from what is declared'],
  ])('%s', (_name, fields, line) => {
    expect(ofAddon(fields)).toEqual([line]);
  });
});

it('knows every status that the SDK knows', async () => {
  const { AddonStatus, NodegroupStatus } = await import('@aws-sdk/client-eks');
  expect(Object.values(NodegroupStatus).filter((status) => ofGroup({}, status).length > 1)).toEqual([]);
  expect(Object.values(NodegroupStatus).toSorted()).toEqual(
    ['ACTIVE', 'CREATE_FAILED', 'CREATING', 'DEGRADED', 'DELETE_FAILED', 'DELETING', 'UPDATING'].toSorted(),
  );
  expect(Object.values(AddonStatus).toSorted()).toEqual(
    [...Object.values(NodegroupStatus), 'UPDATE_FAILED'].toSorted(),
  );
});
