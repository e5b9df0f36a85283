import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServiceModels } from './service-models.ts';
import { describeViolations, validate } from './validate.ts';

const eks = new ServiceModels(join(import.meta.dirname, '..', 'fixtures', 'botocore')).find('eks');

function problems(shape: string, value: unknown, refuseUnknown = true): readonly string[] {
  if (eks === undefined) throw new Error('no model');
  return validate(eks, shape, value, { refuseUnknown }).map(({ path, constraint }) => `${path}: ${constraint}`);
}

describe('a value against its shape', () => {
  it.each<[string, unknown, string[]]>([
    ['CreateClusterRequest', { name: 'shop', tags: { a: 'b' } }, []],
    ['CreateClusterRequest', { name: 'shop', tags: undefined }, []],
    ['CreateClusterRequest', {}, ['name: Member must not be null']],
    [
      'CreateClusterRequest',
      { name: 'Shop' },
      ['name: Member must satisfy regular expression pattern: ^[a-z][a-z0-9-]*'],
    ],
    [
      'CreateClusterRequest',
      { name: 'shop!' },
      ['name: Member must satisfy regular expression pattern: ^[a-z][a-z0-9-]*'],
    ],
    ['CreateClusterRequest', { name: 'shop-shop-shop' }, ['name: Member must have length less than or equal to 10']],
    ['CreateClusterRequest', { name: 7 }, ['name: Member must be of type string']],
    ['CreateClusterRequest', { name: 'a', subnetIds: ['x', 3] }, ['subnetIds.2: Member must be of type string']],
    ['CreateClusterRequest', { name: 'a', subnetIds: 'x' }, ['subnetIds: Member must be of type list']],
    ['CreateClusterRequest', { name: 'a', tags: { k: null } }, ['tags.k: Member must be of type string']],
    ['CreateClusterRequest', { name: 'a', nmae: 'b' }, ['nmae: Member is not in the service model']],
    ['ListRequest', { maxResults: 0 }, ['maxResults: Member must have value greater than or equal to 1']],
    ['ListRequest', { maxResults: 101 }, ['maxResults: Member must have value less than or equal to 100']],
    ['ListRequest', { maxResults: 1.5 }, ['maxResults: Member must be of type integer']],
    [
      'ClusterResponse',
      { cluster: { name: 'a', status: 'READY' } },
      ['cluster.status: Member must satisfy enum value set: [CREATING, ACTIVE]'],
    ],
    [
      'ClusterResponse',
      { cluster: { name: 'a', createdAt: '2026-01-01' } },
      ['cluster.createdAt: Member must be of type timestamp'],
    ],
    [
      'ClusterResponse',
      { cluster: { name: 'a', createdAt: new Date('x') } },
      ['cluster.createdAt: Member must be of type timestamp'],
    ],
    ['ClusterResponse', { cluster: { status: 'ACTIVE' } }, ['cluster.name: Member must not be null']],
    ['ClusterResponse', { cluster: [] }, ['cluster: Member must be of type structure']],
  ])('%s %j', (shape, value, expected) => {
    expect(problems(shape, value)).toEqual(expected);
  });

  it('lets unknown members of requests pass, as AWS does', () => {
    expect(problems('CreateClusterRequest', { name: 'a', extra: 1 }, false)).toEqual([]);
  });

  it('is described in AWS’s sentence', () => {
    if (eks === undefined) throw new Error('no model');
    const found = validate(eks, 'CreateClusterRequest', { name: 'Shop', tags: 3 }, { refuseUnknown: false });
    expect(describeViolations(found)).toBe(
      "2 validation errors detected: Value 'Shop' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z][a-z0-9-]*; Value '3' at 'tags' failed to satisfy constraint: Member must be of type map",
    );
  });
});
