import type { Change } from '@roadstead/definition';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AwsRunContext } from '../execute/context.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { awsException } from '../testing/fake-handler.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { executeChangeSet } from './change-set.ts';

type Input = Readonly<Record<string, unknown>>;

const change: Change = {
  id: 'stack/network',
  phase: 'network',
  action: 'update',
  class: 'safe',
  what: 'stack roadstead-shop-network',
  why: '',
  fields: [],
};
const stack: ObservedStack = {
  stackName: 'roadstead-shop-network',
  stackId: 'arn:s',
  status: 'UPDATE_COMPLETE',
  parameters: {},
  outputs: {},
  tags: { 'roadstead.dev/cluster': 'shop', team: 'data', 'aws:cloudformation:stack-name': 's' },
  terminationProtection: false,
  changedAt: '2026-11-21T12:00:00.000Z',
};
const desired = {
  stackName: stack.stackName,
  template: { Resources: {} },
  parameters: { Zone: 'a' },
  unknown: [],
  tags: { 'roadstead.dev/cluster': 'shop' },
  terminationProtection: false,
};
const nothing = { removed: [], replaced: [] } as never;

let sent: [operation: string, input: Input][];
let reads: Record<string, (input: Input) => object>;
let refuse: Record<string, Error>;
beforeEach(() => {
  sent = [];
  refuse = {};
  reads = {
    ListChangeSets: () => ({ Summaries: [] }),
    DescribeChangeSet: () => ({ Status: 'CREATE_COMPLETE', Changes: [] }),
  };
});

function execute(mends = false, runId = 'run-1') {
  const context = {
    reader: { read: async (_service: string, operation: string, input: Input) => reads[operation]?.(input) },
    writer: {
      write: async (_service: string, operation: string, input: Input) => {
        sent.push([operation, input]);
        if (refuse[operation] !== undefined) throw refuse[operation];
        return {};
      },
    },
    clock: steppingClock(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    pollScale: 1,
    runId,
    cluster: 'shop',
  } as unknown as AwsRunContext;
  return executeChangeSet(context, change, { desired, stack, diff: nothing, mends });
}
const operations = () => sent.map(([operation]) => operation);

describe('a change set', () => {
  it('keeps the tags that others gave the stack, and mends drift only when asked', async () => {
    expect(await execute()).toBe(true);
    expect(sent[0]?.[1]).toMatchObject({
      ChangeSetType: 'UPDATE',
      Parameters: [{ ParameterKey: 'Zone', ParameterValue: 'a' }],
      Tags: [
        { Key: 'roadstead.dev/cluster', Value: 'shop' },
        { Key: 'team', Value: 'data' },
      ],
    });
    expect(sent[0]?.[1]).not.toHaveProperty('DeploymentMode');
    await execute(true);
    expect(sent[2]?.[1]).toMatchObject({ DeploymentMode: 'REVERT_DRIFT' });
  });

  it('is waited for until it is made, and looked through to its last page', async () => {
    let looks = 0;
    reads.DescribeChangeSet = ({ NextToken }) => {
      looks += 1;
      if (looks < 4) return { Status: looks < 2 ? 'CREATE_PENDING' : 'CREATE_IN_PROGRESS' };
      if (NextToken === undefined) return { Status: 'CREATE_COMPLETE', Changes: [], NextToken: '2' };
      const ResourceChange = { Action: 'Remove', LogicalResourceId: 'Nat', ResourceType: 'AWS::EC2::NatGateway' };
      return { Status: 'CREATE_COMPLETE', Changes: [{ ResourceChange }] };
    };
    await expect(execute()).rejects.toMatchObject({
      code: 'PLAN_MOVED',
      message: expect.stringContaining('Nat (AWS::EC2::NatGateway) would be deleted'),
    });
    expect(operations()).toEqual(['CreateChangeSet', 'DeleteChangeSet']);
  });

  it('that never gets made is given up on', async () => {
    reads.DescribeChangeSet = () => ({ Status: 'CREATE_IN_PROGRESS' });
    await expect(execute()).rejects.toMatchObject({ code: 'CHANGE_SET_FAILED' });
  });

  it('that holds nothing goes, and nothing is executed', async () => {
    reads.DescribeChangeSet = () => ({
      Status: 'FAILED',
      StatusReason: "The submitted information didn't contain changes.",
    });
    expect(await execute()).toBe(false);
    expect(operations()).toEqual(['CreateChangeSet', 'DeleteChangeSet']);
  });

  it('that the run made before it was cut off is taken up, not made twice', async () => {
    refuse.CreateChangeSet = awsException('AlreadyExistsException', 'it is there');
    expect(await execute()).toBe(true);
    expect(operations()).toEqual(['CreateChangeSet', 'ExecuteChangeSet']);
    expect(sent[0]?.[1]?.ChangeSetName).toBe(sent[1]?.[1]?.ChangeSetName);
  });

  it('that is being executed already is followed', async () => {
    refuse.ExecuteChangeSet = awsException('TokenAlreadyExistsException', 'it runs');
    expect(await execute()).toBe(true);
  });

  it('of an earlier run that never executed it goes, on whatever page; those of others and those that run stay', async () => {
    const set = (ChangeSetName: string, ExecutionStatus: string) => ({ ChangeSetName, ExecutionStatus });
    reads.ListChangeSets = ({ NextToken }) =>
      NextToken === undefined
        ? { Summaries: [set('theirs', 'AVAILABLE'), set('roadstead-old', 'AVAILABLE')], NextToken: '2' }
        : { Summaries: [set('roadstead-older', 'UNAVAILABLE'), set('roadstead-now', 'EXECUTE_IN_PROGRESS')] };
    await execute();
    const deleted = sent
      .filter(([operation]) => operation === 'DeleteChangeSet')
      .map(([, input]) => input.ChangeSetName);
    expect(deleted).toEqual(['roadstead-old', 'roadstead-older']);
  });
});
