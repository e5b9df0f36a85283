import type { Change } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { planAws } from '../plan/plan-aws.ts';
import { exampleRelease } from '../testing/example-release.ts';
import { fakeAws } from '../testing/fake-aws.ts';
import { nothingObserved } from '../testing/nothing-observed.ts';
import { fakeContext, ownRole } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { clientToken } from './context.ts';
import { executeAwsChange, isAwsChange } from './execute-change.ts';

const clock = steppingClock();
const context = fakeContext(fakeAws(clock), clock);
const change = (id: string, action: Change['action']): Change => ({
  id,
  phase: 'network',
  action,
  class: 'safe',
  what: id,
  why: '',
  fields: [],
});

describe('a line of a plan', () => {
  it('has a step, whatever AWS plan it is of', () => {
    const { changes } = planAws({ release: exampleRelease(), observed: nothingObserved, ownPrincipalArn: ownRole });
    expect(changes.length).toBeGreaterThan(10);
    expect(changes.filter((one) => !isAwsChange(one))).toEqual([]);
  });

  it.each([
    ['manifest/Deployment/web', 'create', 'is no change of AWS'],
    ['eks/cluster/version', 'delete', 'cannot be deleted'],
    ['eks/cluster', 'update', 'cannot be changed without its release'],
    ['aws/bucket/data', 'delete', 'is no leftover'],
  ] as const)('%s that nobody could carry out is a bug: %s', async (id, action, message) => {
    await expect(executeAwsChange(context, change(id, action))).rejects.toThrow(message);
  });

  it.each([
    ['stack/x', 'is no stack of the release'],
    ['eks/add-on/x', 'is no add-on of the release'],
    ['eks/node-group/x', 'is no node group of the release'],
    ['eks/access-entry/x', 'is no access entry of the release'],
    ['eks/pod-identity/x/y', 'is no association of the release'],
  ])('%s of another release is a bug', async (id, message) => {
    await expect(executeAwsChange(context, change(id, 'create'), exampleRelease())).rejects.toThrow(message);
  });
});

describe('a stack that goes', () => {
  async function given(StackName: string, cluster: string, EnableTerminationProtection = false) {
    const time = steppingClock();
    const aws = fakeAws(time);
    const Tags = [{ Key: 'roadstead.dev/cluster', Value: cluster }];
    const input = { StackName, TemplateBody: '{}', Tags, EnableTerminationProtection };
    await aws.writer.write('cloudformation', 'CreateStack', input);
    await time.sleep(120_000);
    return { aws, run: (one: Change) => executeAwsChange(fakeContext(aws, time), one) };
  }

  it.each([
    ['roadstead-shop-pool-app', 'stack/pool-app'],
    ['named-otherwise', 'stack/named-otherwise'],
  ])('%s is found by its line', async (name, id) => {
    const { aws, run } = await given(name, 'shop', true);
    expect(await run(change(`${id}/protection`, 'update'))).toMatchObject({ outcome: 'changed' });
    expect(await run(change(`${id}/protection`, 'update'))).toMatchObject({ outcome: 'unchanged' });
    expect(await run(change(id, 'delete'))).toMatchObject({ outcome: 'changed' });
    expect(await run(change(id, 'delete'))).toMatchObject({ outcome: 'unchanged' });
    expect(aws.stacks.live.size).toBe(0);
  });

  it('is never another cluster’s', async () => {
    const { aws, run } = await given('roadstead-shop-network', 'other');
    await expect(run(change('stack/network', 'delete'))).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    await expect(run(change('stack/network/protection', 'update'))).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(aws.taken).toHaveLength(1);
  });
});

describe('a client token', () => {
  const token = (runId: string, id: string, ...state: string[]) => clientToken({ runId }, { id }, ...state);

  it('is the same for the same run, line and state, and no other', () => {
    const tokens = [
      token('r1', 'eks/cluster', 'create'),
      token('r2', 'eks/cluster', 'create'),
      token('r1', 'eks/other', 'create'),
      token('r1', 'eks/cluster', 'delete'),
      token('r1', 'eks/cluster'),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(token('r1', 'eks/cluster', 'create')).toBe(tokens[0]);
  });

  it('is one that EKS and CloudFormation take', () => {
    expect(token('r1', 'eks/cluster')).toMatch(/^[a-zA-Z0-9][-a-zA-Z0-9]{1,62}$/);
  });
});
