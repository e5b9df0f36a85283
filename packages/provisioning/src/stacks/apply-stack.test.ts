import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeStack } from '../observe/observe-stacks.ts';
import type { DesiredStack } from '../plan/desired.ts';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { awsException } from '../testing/fake-handler.ts';
import type { FakeStack } from '../testing/fake-stacks.ts';
import { fakeContext } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { applyStack } from './apply-stack.ts';
import { deleteStack } from './delete-stack.ts';

let clock: ReturnType<typeof steppingClock>;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
});

const name = 'roadstead-shop-network';
const template = (cidr: string): JsonObject => ({
  Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', Note: cidr } } },
  Outputs: { VpcId: { Value: { Ref: 'Vpc' } } },
});
const desired: DesiredStack = {
  stackName: name,
  template: template('new'),
  parameters: {},
  unknown: [],
  tags: { 'roadstead.dev/cluster': 'shop' },
  terminationProtection: false,
};
const planned = (more: Partial<Change> = {}): Change => ({
  id: 'stack/network',
  phase: 'network',
  action: 'update',
  class: 'replace',
  what: `stack ${name}`,
  why: '',
  fields: [{ path: 'Resources.Vpc.Properties.Note' }],
  ...more,
});

/** A stack of ours that is there in a status, as declared unless said otherwise. */
async function given(status: string, more: Partial<FakeStack> = {}): Promise<FakeStack> {
  await aws.writer.write('cloudformation', 'CreateStack', {
    StackName: name,
    TemplateBody: JSON.stringify(desired.template),
    Tags: [{ Key: 'roadstead.dev/cluster', Value: 'shop' }],
  });
  await clock.sleep(120_000);
  await aws.reader.read('cloudformation', 'DescribeStacks', {});
  aws.taken.length = 0;
  const stack = aws.stacks.live.get(name);
  if (stack === undefined) throw new Error('no stack');
  return Object.assign(stack, { status, ...more });
}

const apply = (change = planned(), wanted = desired) => applyStack(fakeContext(aws, clock), change, wanted);
const taken = () => aws.taken.map((write) => write.split(/[: ]/)[1]);

describe('a stack as declared', () => {
  it.each<[string, string[], string]>([
    ['CREATE_COMPLETE', [], 'CREATE_COMPLETE'],
    ['UPDATE_COMPLETE', [], 'UPDATE_COMPLETE'],
    ['UPDATE_ROLLBACK_COMPLETE', [], 'UPDATE_ROLLBACK_COMPLETE'],
    ['IMPORT_COMPLETE', [], 'IMPORT_COMPLETE'],
    ['CREATE_FAILED', ['DeleteStack', 'CreateStack'], 'CREATE_COMPLETE'],
    ['ROLLBACK_COMPLETE', ['DeleteStack', 'CreateStack'], 'CREATE_COMPLETE'],
    ['ROLLBACK_FAILED', ['DeleteStack', 'CreateStack'], 'CREATE_COMPLETE'],
    ['DELETE_FAILED', ['DeleteStack', 'CreateStack'], 'CREATE_COMPLETE'],
    ['REVIEW_IN_PROGRESS', ['DeleteStack', 'CreateStack'], 'CREATE_COMPLETE'],
    ['UPDATE_ROLLBACK_FAILED', ['ContinueUpdateRollback'], 'UPDATE_ROLLBACK_COMPLETE'],
    ['UPDATE_FAILED', ['RollbackStack'], 'UPDATE_ROLLBACK_COMPLETE'],
  ])('in %s', async (status, writes, becomes) => {
    await given(status);
    await apply();
    expect(taken()).toEqual(writes);
    expect(aws.stacks.live.get(name)?.status).toBe(becomes);
  });

  it.each(['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'])(
    'in %s is waited for',
    async (status) => {
      await given(status, { next: { status: 'UPDATE_COMPLETE', at: clock.monotonic() + 300_000 } });
      await apply();
      expect(taken()).toEqual([]);
      expect(aws.stacks.live.get(name)?.status).toBe('UPDATE_COMPLETE');
    },
  );

  it('in DELETE_IN_PROGRESS is made again when it has gone', async () => {
    await given('DELETE_IN_PROGRESS', { next: { status: 'DELETE_COMPLETE', at: clock.monotonic() + 300_000 } });
    await apply();
    expect(taken()).toEqual(['CreateStack']);
  });

  it('in IMPORT_ROLLBACK_FAILED is not touched', async () => {
    await given('IMPORT_ROLLBACK_FAILED');
    await expect(apply()).rejects.toMatchObject({ code: 'STACK_NOT_USABLE' });
    expect(taken()).toEqual([]);
  });

  it('with a protection that is off gets it by its own call', async () => {
    await given('CREATE_COMPLETE');
    const change = planned({ class: 'safe', fields: [{ path: 'terminationProtection' }] });
    await apply(change, { ...desired, terminationProtection: true });
    expect(taken()).toEqual(['UpdateTerminationProtection']);
  });
});

describe('a stack that differs', () => {
  const differs = () => given('UPDATE_COMPLETE', { template: template('old') });

  it('is updated by a change set that does what the plan said', async () => {
    await differs();
    expect(await apply()).toMatchObject({ outcome: 'changed' });
    expect(taken()).toEqual(['CreateChangeSet', 'ExecuteChangeSet']);
    expect(aws.stacks.live.get(name)).toMatchObject({ status: 'UPDATE_COMPLETE', template: template('new') });
  });

  it('by more than the plan said is not touched', async () => {
    await differs();
    await expect(apply(planned({ fields: [] }))).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(taken()).toEqual([]);
  });

  it('though the plan was to create it, is not changed by more than a creation promises', async () => {
    const other = { Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.9.0.0/16' } } } };
    await given('UPDATE_COMPLETE', { template: other });
    await expect(apply(planned({ action: 'create', class: 'safe', fields: [] }))).rejects.toMatchObject({
      code: 'PLAN_MOVED',
      message: expect.stringContaining('CidrBlock'),
    });
    expect(taken()).toEqual([]);
  });

  it('is not updated where the change set would replace what the plan did not name', async () => {
    await differs();
    const read = aws.reader.read.bind(aws.reader);
    (aws.reader as { read: unknown }).read = async (...args: Parameters<typeof read>) => {
      const [, operation] = args as unknown as [string, string];
      if (operation !== 'DescribeChangeSet') return read(...args);
      const ResourceChange = {
        Action: 'Modify',
        Replacement: 'True',
        LogicalResourceId: 'Nat',
        ResourceType: 'AWS::EC2::NatGateway',
      };
      return { Status: 'CREATE_COMPLETE', Changes: [{ ResourceChange }] };
    };
    await expect(apply()).rejects.toMatchObject({
      code: 'PLAN_MOVED',
      message: expect.stringContaining('Nat (AWS::EC2::NatGateway) would be replaced'),
    });
    expect(taken()).toEqual(['CreateChangeSet', 'DeleteChangeSet']);
  });

  it('whose change set fails is told why, and the change set goes', async () => {
    await differs();
    const read = aws.reader.read.bind(aws.reader);
    (aws.reader as { read: unknown }).read = async (...args: Parameters<typeof read>) =>
      (args[1] as string) === 'DescribeChangeSet'
        ? { Status: 'FAILED', StatusReason: 'Template error: no such resource' }
        : read(...args);
    await expect(apply()).rejects.toMatchObject({
      code: 'CHANGE_SET_FAILED',
      message: expect.stringContaining('no such resource'),
    });
    expect(taken()).toEqual(['CreateChangeSet', 'DeleteChangeSet']);
  });

  it('of somebody else is not touched', async () => {
    await given('UPDATE_COMPLETE', { template: template('old'), tags: {} });
    await expect(apply()).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(taken()).toEqual([]);
  });
});

describe('a request that CloudFormation knows already', () => {
  it.each(['CreateStack', 'DeleteStack', 'ContinueUpdateRollback', 'RollbackStack'])(
    'is followed like one that it takes: %s',
    async (operation) => {
      const before = { CreateStack: 'none', DeleteStack: 'ROLLBACK_COMPLETE' } as Record<string, string>;
      const status = before[operation] ?? (operation === 'RollbackStack' ? 'UPDATE_FAILED' : 'UPDATE_ROLLBACK_FAILED');
      if (status !== 'none') await given(status);
      let refused = false;
      aws.fault = (asked) => {
        if (asked !== `cloudformation:${operation}` || refused) return undefined;
        refused = true;
        return { when: 'after', error: awsException('TokenAlreadyExistsException', 'A client request token exists') };
      };
      await apply();
      expect(refused).toBe(true);
      expect(aws.stacks.live.get(name)?.status).toMatch(/^(CREATE|UPDATE_ROLLBACK)_COMPLETE$/);
    },
  );
});

describe('a stack that is not as it was asked to be', () => {
  it('is asked for again a few times, with pauses, and not without end', async () => {
    aws.fault = (operation) =>
      operation === 'cloudformation:CreateStack'
        ? { when: 'before', error: awsException('AlreadyExistsException', `Stack [${name}] already exists`) }
        : undefined;
    await expect(apply(planned({ action: 'create' }))).rejects.toMatchObject({ code: 'NOT_CONVERGING' });
    expect(clock.monotonic()).toBeGreaterThan(30_000);
  });

  it('because somebody changes its protection back is told', async () => {
    const stack = await given('CREATE_COMPLETE');
    const read = aws.reader.read.bind(aws.reader);
    (aws.reader as { read: unknown }).read = (...args: Parameters<typeof read>) => {
      stack.protected = false;
      return read(...args);
    };
    const change = planned({ class: 'safe', fields: [{ path: 'terminationProtection' }] });
    await expect(apply(change, { ...desired, terminationProtection: true })).rejects.toMatchObject({
      code: 'NOT_CONVERGING',
      message: expect.stringContaining('protection'),
    });
  });
});

describe('a stack that fails', () => {
  it('says what to do by where it stopped', async () => {
    const stack = await given('UPDATE_ROLLBACK_FAILED');
    aws.fault = (operation) => {
      if (operation === 'cloudformation:ContinueUpdateRollback') {
        stack.status = 'UPDATE_ROLLBACK_FAILED';
        stack.changedAt += 1;
      }
      return undefined;
    };
    const context = fakeContext(aws, clock);
    const write = context.writer.write.bind(context.writer);
    (context.writer as { write: unknown }).write = async (...args: Parameters<typeof write>) => {
      const answer = await write(...args);
      Object.assign(stack, { next: { status: 'UPDATE_ROLLBACK_FAILED', at: clock.monotonic() + 60_000 } });
      return answer;
    };
    await expect(applyStack(context, planned(), desired)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      hint: expect.stringContaining('goes on with the rollback'),
    });
  });

  it('to go is told with what keeps it, after one more try', async () => {
    const stack = await given('DELETE_FAILED');
    const write = aws.writer.write.bind(aws.writer);
    (aws.writer as { write: unknown }).write = async (...args: Parameters<typeof write>) => {
      const answer = await write(...args);
      Object.assign(stack, { next: { status: 'DELETE_FAILED', at: clock.monotonic() + 60_000 } });
      return answer;
    };
    const context = fakeContext(aws, clock);
    const found = await describeStack(aws.reader, name);
    await expect(deleteStack(context, planned({ action: 'delete' }), found)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      hint: expect.stringContaining('roadstead down'),
    });
    expect(taken()).toEqual(['DeleteStack']);
  });

  it('and is not there is already gone', async () => {
    const gone = deleteStack(fakeContext(aws, clock), planned({ action: 'delete' }), undefined);
    expect(await gone).toMatchObject({ outcome: 'unchanged' });
  });
});
