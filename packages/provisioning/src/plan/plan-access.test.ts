import type { Json } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import type { ObservedAccessEntry, ObservedAws } from '../observe/observed.ts';
import { exampleRelease } from '../testing/example-release.ts';
import { desiredAccessEntries } from './desired.ts';
import type { Outputs } from './late-values.ts';
import { entryName, planAccess, planAssociations } from './plan-access.ts';
import type { PlanScope } from './plan-aws.ts';

const own = 'arn:aws:iam::123456789012:role/team/operator';
const developer = 'arn:aws:iam::123456789012:role/developer';
const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const view = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';

const late = (reference: string): Json => ({ $late: `outputs.${reference}` });
const entry = (principalArn: Json, kubernetesGroups: string[] = [], accessPolicies: string[] = []) => ({
  principalArn,
  kubernetesGroups,
  accessPolicies,
});
const there = (principalArn: string, more: Partial<ObservedAccessEntry> = {}): ObservedAccessEntry => ({
  principalArn,
  type: 'STANDARD',
  kubernetesGroups: [],
  accessPolicies: [],
  narrowPolicies: [],
  tags: { 'roadstead.dev/cluster': 'shop' },
  ...more,
});

function scopeOf(
  entries: readonly ReturnType<typeof entry>[],
  observed: readonly ObservedAccessEntry[] = [],
  outputs: Outputs = {},
): PlanScope {
  const whole = exampleRelease();
  return {
    release: { ...whole, eks: { ...whole.eks, accessEntries: entries } },
    observed: {
      accessEntries: Object.fromEntries(observed.map((one) => [one.principalArn, one])),
      podIdentityAssociations: [],
    } as unknown as ObservedAws,
    outputs,
    isDrift: false,
  };
}

const plan = (...args: Parameters<typeof scopeOf>) => planAccess(scopeOf(...args), own);
const lines = ({ changes }: ReturnType<typeof plan>) =>
  changes.map(
    ({ action, id, fields }) => `${action} ${id.slice(17)}: ${fields.map((one) => JSON.stringify(one.to)).join(' ')}`,
  );
const ours = there(own, { accessPolicies: [admin] });

describe('access entries', () => {
  it('begin with Roadstead’s own, as admin', () => {
    expect(lines(plan([entry(developer, ['team'])]))).toEqual([
      `create ${own}: ["${admin}"]`,
      `create ${developer}: ["team"]`,
    ]);
  });

  it('are one where the file names who runs Roadstead', () => {
    expect(lines(plan([entry(own, ['team'], [view])]))).toEqual([`create ${own}: ["team"] ["${admin}","${view}"]`]);
  });

  it.each<[string, Partial<ObservedAccessEntry>, string[]]>([
    ['as declared, in another order', { kubernetesGroups: ['b', 'a'] }, []],
    ['with other groups', { kubernetesGroups: ['a'] }, [`update ${developer}: ["a","b"]`]],
    [
      'with a policy that nobody declared',
      { kubernetesGroups: ['a', 'b'], accessPolicies: [view] },
      [`update ${developer}: []`],
    ],
    [
      'with a policy for one namespace that nobody declared',
      { kubernetesGroups: ['a', 'b'], narrowPolicies: [{ policyArn: view, namespaces: ['shop'] }] },
      [`update ${developer}: []`],
    ],
  ])('%s', (_name, found, expected) => {
    expect(lines(plan([entry(developer, ['a', 'b'])], [ours, there(developer, found)]))).toEqual(expected);
  });

  it('that are no longer declared go, but never those of others, of EKS or of whoever ran Roadstead before', () => {
    const observed = [
      ours,
      there(developer),
      there('arn:theirs', { tags: {} }),
      there('arn:node', { type: 'EC2_LINUX', tags: {} }),
      there('arn:before', { tags: { 'roadstead.dev/cluster': 'shop', 'roadstead.dev/access': 'own' } }),
    ];
    expect(lines(plan([], observed))).toEqual([`delete ${developer}: `]);
  });

  it('of nodes are refused where the file names them', () => {
    expect(
      plan([entry('arn:node', ['team'])], [ours, there('arn:node', { type: 'EC2_LINUX' })]).refusals,
    ).toMatchObject([{ code: 'ENTRY_NOT_STANDARD', what: 'access entry arn:node' }]);
  });

  it('of principals that are still to be made have names of their own', () => {
    const entries = [entry(late('foundation.DeployRoleArn')), entry(late('foundation.AuditRoleArn'))];
    const { changes } = plan(entries, [ours]);
    expect(changes.map(({ id, knownAfter }) => [id, knownAfter])).toEqual([
      ['eks/access-entry/outputs.foundation.DeployRoleArn', ['known after foundation']],
      ['eks/access-entry/outputs.foundation.AuditRoleArn', ['known after foundation']],
    ]);
    expect(entryName({ $lateText: ['arn:', { $late: 'outputs.a.B' }] })).toBe('outputs.a.B');
  });

  it('are looked up by what a late principal has become', () => {
    const outputs = { foundation: { DeployRoleArn: developer } };
    expect(plan([entry(late('foundation.DeployRoleArn'))], [ours, there(developer)], outputs).changes).toEqual([]);
  });

  it('make their admin in the partition of the caller', () => {
    const [first] = desiredAccessEntries(exampleRelease(), {}, 'arn:aws-us-gov:iam::123456789012:role/operator');
    expect(first?.accessPolicies).toEqual([
      'arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
    ]);
  });
});

describe('pod identity associations', () => {
  const association = (more: object = {}) => ({
    associationId: 'a-1',
    namespace: 'dns',
    serviceAccount: 'dns',
    roleArn: 'arn:dns',
    tags: { 'roadstead.dev/cluster': 'shop' },
    ...more,
  });

  function linesOf(wanted: readonly object[], found: readonly object[]): string[] {
    const scope = scopeOf([]);
    const release = { ...scope.release, eks: { ...scope.release.eks, podIdentityAssociations: wanted as never } };
    const observed = { ...scope.observed, podIdentityAssociations: found as never };
    return planAssociations({ ...scope, release, observed }).map(({ action, id }) => `${action} ${id}`);
  }

  const wanted = { namespace: 'dns', serviceAccount: 'dns', roleArn: 'arn:dns' };
  it.each<[string, object[], object[], string[]]>([
    ['as declared', [wanted], [association()], []],
    ['not there', [wanted], [], ['create eks/pod-identity/dns/dns']],
    ['with another role', [wanted], [association({ roleArn: 'arn:x' })], ['update eks/pod-identity/dns/dns']],
    ['no longer declared', [], [association()], ['delete eks/pod-identity/dns/dns']],
    ['of somebody else', [], [association({ tags: {} })], []],
    ['of an add-on', [], [association({ ownerArn: 'arn:addon' })], []],
  ])('%s', (_name, desired, found, expected) => {
    expect(linesOf(desired, found)).toEqual(expected);
  });
});
