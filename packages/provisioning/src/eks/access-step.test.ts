import type { Change } from '@roadstead/definition';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRelease } from '../testing/example-release.ts';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { awsException } from '../testing/fake-handler.ts';
import { fakeContext, ownRole } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { applyAccessEntry, deleteAccessEntry } from './access-step.ts';
import { applyAssociation, deleteAssociation } from './association-step.ts';

let clock: ReturnType<typeof steppingClock>;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
});

const developer = 'arn:aws:iam::123456789012:role/developer';
const view = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
const own = { 'roadstead.dev/cluster': 'shop' };
const change = (id: string, what = id): Change => ({
  id,
  phase: 'access',
  action: 'update',
  class: 'safe',
  what,
  why: '',
  fields: [],
});
const taken = () => aws.taken.map((write) => write.split(/[: ]/)[1]);

describe('an access entry', () => {
  const release = exampleRelease({
    eks: {
      ...exampleRelease().eks,
      accessEntries: [{ principalArn: developer, kubernetesGroups: ['team'], accessPolicies: [view] }],
    },
  });
  const given = (more: { kubernetesGroups?: string[]; policies?: [string, object][]; tags?: Record<string, string> }) =>
    aws.eks.entries.set(developer, {
      principalArn: developer,
      status: '',
      kubernetesGroups: more.kubernetesGroups ?? ['team'],
      tags: more.tags ?? own,
      policies: new Map<string, unknown>(more.policies ?? [[view, { type: 'cluster' }]]),
    });
  const apply = () =>
    applyAccessEntry(fakeContext(aws, clock), change(`eks/access-entry/${developer}`), release, developer);

  it.each<[string, Parameters<typeof given>[0] | undefined, string[]]>([
    ['that is not there', undefined, ['CreateAccessEntry', 'AssociateAccessPolicy']],
    ['as declared', {}, []],
    ['with other groups', { kubernetesGroups: ['admins'] }, ['UpdateAccessEntry']],
    ['without its policy', { policies: [] }, ['AssociateAccessPolicy']],
    [
      'whose policy somebody narrowed',
      { policies: [[view, { type: 'namespace', namespaces: ['shop'] }]] },
      ['AssociateAccessPolicy'],
    ],
    [
      'with a policy that nobody declared',
      {
        policies: [
          [view, { type: 'cluster' }],
          ['arn:x', { type: 'cluster' }],
        ],
      },
      ['DisassociateAccessPolicy'],
    ],
    [
      'with a policy for one namespace that nobody declared',
      {
        policies: [
          [view, { type: 'cluster' }],
          ['arn:x', { type: 'namespace', namespaces: ['shop'] }],
        ],
      },
      ['DisassociateAccessPolicy'],
    ],
  ])('%s', async (_name, found, writes) => {
    if (found !== undefined) given(found);
    await apply();
    expect(taken()).toEqual(writes);
    const entry = aws.eks.entries.get(developer);
    expect(entry?.kubernetesGroups).toEqual(['team']);
    expect([...(entry?.policies ?? [])]).toEqual([[view, { type: 'cluster' }]]);
  });

  it('of a role that was made a moment ago waits until EKS sees it', async () => {
    let refusals = 3;
    aws.fault = (operation) =>
      operation === 'eks:CreateAccessEntry' && refusals-- > 0
        ? {
            when: 'before',
            error: awsException(
              'InvalidParameterException',
              'The specified principalArn is invalid: invalid principal.',
            ),
          }
        : undefined;
    expect(await apply()).toMatchObject({ outcome: 'changed' });
  });

  it('of a role that does not exist says so, and what to do', async () => {
    aws.fault = () => ({
      when: 'before',
      error: awsException('InvalidParameterException', 'The specified principalArn is invalid: invalid principal.'),
    });
    await expect(apply()).rejects.toMatchObject({ code: 'AWS_REFUSED', hint: expect.stringContaining('spec.access') });
  });

  it('whose policy comes before EKS sees the entry is associated a moment later', async () => {
    let refusals = 2;
    aws.fault = (operation) =>
      operation === 'eks:AssociateAccessPolicy' && refusals-- > 0
        ? { when: 'before', error: awsException('ResourceNotFoundException', 'No access entry found') }
        : undefined;
    expect(await apply()).toMatchObject({ outcome: 'changed' });
    expect(taken()).toEqual(['CreateAccessEntry', 'AssociateAccessPolicy']);
  });

  it('of a late principal is found by what it has become', async () => {
    const principalArn = { $late: 'outputs.foundation.DeployRoleArn' };
    const entries = [{ principalArn, kubernetesGroups: ['team'], accessPolicies: [] }];
    const late = exampleRelease({ eks: { ...exampleRelease().eks, accessEntries: entries } });
    const name = 'outputs.foundation.DeployRoleArn';
    const run = () => applyAccessEntry(fakeContext(aws, clock), change(`eks/access-entry/${name}`), late, name);
    await expect(run()).rejects.toMatchObject({ code: 'LATE_VALUE_MISSING' });
    await aws.writer.write('cloudformation', 'CreateStack', {
      StackName: 'roadstead-shop-foundation',
      TemplateBody: JSON.stringify({ Outputs: { DeployRoleArn: { Value: 'x' } } }),
    });
    await clock.sleep(120_000);
    await run();
    expect([...aws.eks.entries.keys()]).toEqual(['roadstead-shop-foundation:DeployRoleArn']);
  });

  it('of Roadstead itself carries its mark', async () => {
    await applyAccessEntry(fakeContext(aws, clock), change(`eks/access-entry/${ownRole}`), release, ownRole);
    expect(aws.eks.entries.get(ownRole)?.tags).toEqual({ ...own, 'roadstead.dev/access': 'own' });
  });

  it('of somebody else is not deleted', async () => {
    given({ tags: {} });
    const deletion = deleteAccessEntry(fakeContext(aws, clock), change('eks/access-entry/x'), developer);
    await expect(deletion).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    given({});
    await deleteAccessEntry(fakeContext(aws, clock), change('eks/access-entry/x'), developer);
    expect(aws.eks.entries.size).toBe(0);
  });
});

describe('a pod identity association', () => {
  const place = { namespace: 'dns', serviceAccount: 'dns' };
  const release = exampleRelease({
    eks: { ...exampleRelease().eks, podIdentityAssociations: [{ ...place, roleArn: 'arn:dns' }] },
  });
  const given = (more: object) =>
    aws.eks.associations.set('a-1', {
      ...place,
      associationId: 'a-1',
      roleArn: 'arn:dns',
      status: '',
      tags: own,
      ...more,
    });
  const apply = () => applyAssociation(fakeContext(aws, clock), change('eks/pod-identity/dns/dns'), release, 'dns/dns');

  it.each<[string, object | undefined, string[]]>([
    ['that is not there', undefined, ['CreatePodIdentityAssociation']],
    ['as declared', {}, []],
    ['with another role', { roleArn: 'arn:x' }, ['UpdatePodIdentityAssociation']],
    ['that an add-on owns is not the one', { ownerArn: 'arn:addon' }, ['CreatePodIdentityAssociation']],
  ])('%s', async (_name, found, writes) => {
    if (found !== undefined) given(found);
    await apply();
    expect(taken()).toEqual(writes);
    const ours = [...aws.eks.associations.values()].filter(({ ownerArn }) => ownerArn === undefined);
    expect(ours).toMatchObject([{ roleArn: 'arn:dns', tags: own }]);
  });

  it('is deleted, unless it is somebody else’s', async () => {
    const remove = () => deleteAssociation(fakeContext(aws, clock), change('eks/pod-identity/dns/dns'), 'dns/dns');
    given({ tags: {} });
    await expect(remove()).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    given({});
    expect(await remove()).toMatchObject({ outcome: 'changed' });
    expect(await remove()).toMatchObject({ outcome: 'unchanged' });
  });
});
