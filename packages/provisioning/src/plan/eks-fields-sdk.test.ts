import * as sdk from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { addonFields, clusterFields, type FieldRule, nodeGroupFields } from './eks-fields.ts';

/**
 * The tables against the API's own shapes, as the SDK carries them: a field that EKS gets tomorrow fails here, instead of
 * being sent at creation and never compared again.
 */

/** What the SDK writes for a shape: its kind first, a structure's member names fifth and their shapes sixth. */
type Shape = readonly [kind: number, ...rest: readonly unknown[]];

function resolve(shape: unknown): unknown {
  let here = shape;
  while (typeof here === 'function') here = here();
  // A member with traits of its own holds its shape first.
  if (Array.isArray(here) && here[0] === 0) return resolve(here[4]);
  if (Array.isArray(here) && typeof here[0] !== 'number') return resolve(here[0]);
  return here;
}

/** Dotted paths of every leaf of a structure; lists and maps are leaves. */
function leavesOf(shape: unknown, path = ''): string[] {
  const here = resolve(shape);
  if (!Array.isArray(here) || here[0] !== 3) return [path];
  const [, , , , names, members] = here as unknown as Shape &
    readonly [0, 1, 2, 3, readonly string[], readonly unknown[]];
  return names.flatMap((name, index) => leavesOf(members[index], path === '' ? name : `${path}.${name}`));
}

/** Not the channel's to say. */
const ours = ['clusterName', 'clientRequestToken'];

interface Case {
  readonly name: string;
  readonly table: readonly FieldRule[];
  readonly request: unknown;
  readonly described: unknown;
}

const cases: readonly Case[] = [
  { name: 'a cluster', table: clusterFields, request: sdk.CreateClusterRequest$, described: sdk.Cluster$ },
  { name: 'a node group', table: nodeGroupFields, request: sdk.CreateNodegroupRequest$, described: sdk.Nodegroup$ },
  { name: 'an add-on', table: addonFields, request: sdk.CreateAddonRequest$, described: sdk.Addon$ },
];

const updates: Readonly<Record<string, unknown>> = {
  UpdateClusterConfig: sdk.UpdateClusterConfigRequest$,
  UpdateNodegroupConfig: sdk.UpdateNodegroupConfigRequest$,
  UpdateNodegroupVersion: sdk.UpdateNodegroupVersionRequest$,
  UpdateAddon: sdk.UpdateAddonRequest$,
  AssociateEncryptionConfig: sdk.AssociateEncryptionConfigRequest$,
  TagResource: sdk.TagResourceRequest$,
};

describe.each(cases.map((one) => [one.name, one] as const))(
  'the table of %s',
  (_name, { table, request, described }) => {
    const listed = (leaf: string) => table.filter(({ path }) => leaf === path || leaf.startsWith(`${path}.`));

    it('has one rule for each field that a creation can state, and none besides', () => {
      const leaves = leavesOf(request).filter((leaf) => !ours.includes(leaf));
      expect(leaves.filter((leaf) => listed(leaf).length !== 1)).toEqual([]);
      // A rule for a structure would count what AWS fills in beside the stated member as a difference.
      const structures = ['logging'];
      expect(table.map(({ path }) => path).filter((path) => ![...leaves, ...structures].includes(path))).toEqual([]);
    });

    it('compares only what is described under the same name', () => {
      const leaves = leavesOf(described);
      const told = (path: string) => leaves.some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
      const compared = table.filter(({ how }) => how !== 'not-compared').map(({ path }) => path);
      expect(compared.filter((path) => !told(path))).toEqual([]);
    });

    it('changes a field in place by a request that can carry it', () => {
      const astray = table.flatMap((rule) => {
        if (rule.how !== 'in-place') return [];
        const operation = rule.call.split(':')[0] ?? '';
        const carried = leavesOf(updates[operation]).some(
          (leaf) => leaf === rule.path || leaf.startsWith(`${rule.path}.`),
        );
        return carried ? [] : [`${rule.path}: ${rule.call}`];
      });
      expect(astray).toEqual([]);
    });
  },
);
