import { describe, expect, it } from 'vitest';
import type { AwsReader } from '../calls/aws-port.ts';
import { beganAt, firstFailure, type ResourceEvent, readEvents } from './stack-events.ts';

const event = (at: number, logicalId: string, status: string, reason?: string): ResourceEvent => ({
  eventId: `${at}`,
  logicalId,
  type: logicalId === 's' ? 'AWS::CloudFormation::Stack' : 'AWS::EC2::VPC',
  status,
  at,
  ofStack: logicalId === 's',
  ...(reason === undefined ? {} : { reason }),
});

/** An event as CloudFormation answers it; `s` is the stack itself. */
const raw = (at: number, LogicalResourceId: string, ResourceStatus: string, ResourceStatusReason?: string) => ({
  EventId: `${at}`,
  StackId: 'id',
  PhysicalResourceId: LogicalResourceId === 's' ? 'id' : 'x',
  LogicalResourceId,
  ResourceType: LogicalResourceId === 's' ? 'AWS::CloudFormation::Stack' : 'AWS::EC2::VPC',
  ResourceStatus,
  ResourceStatusReason,
  Timestamp: new Date(at),
});

describe('the first real cause', () => {
  it('is the earliest failed resource that was not cancelled for another', () => {
    const events = [
      event(1, 's', 'CREATE_IN_PROGRESS'),
      event(2, 'Subnet', 'CREATE_FAILED', 'Resource creation cancelled'),
      event(3, 'Nat', 'CREATE_FAILED', 'The maximum number of addresses has been reached.'),
      event(4, 's', 'ROLLBACK_IN_PROGRESS', 'The following resource(s) failed to create: [Subnet, Nat].'),
    ];
    expect(firstFailure(events)?.logicalId).toBe('Nat');
  });

  it('is what the stack itself says when no resource failed', () => {
    const events = [event(1, 's', 'CREATE_IN_PROGRESS'), event(2, 's', 'ROLLBACK_IN_PROGRESS', 'no capability')];
    expect(firstFailure(events)?.reason).toBe('no capability');
  });
});

describe('events', () => {
  it('of a rollback that somebody goes on with begin there, not with the update that failed before', async () => {
    const StackEvents = [
      raw(8, 's', 'UPDATE_ROLLBACK_FAILED'),
      raw(7, 'Nat', 'UPDATE_FAILED', 'the address has gone'),
      raw(6, 's', 'UPDATE_ROLLBACK_IN_PROGRESS', 'User Initiated'),
      raw(5, 's', 'UPDATE_ROLLBACK_FAILED'),
      raw(4, 'Nat', 'UPDATE_FAILED', 'no answer'),
      raw(3, 's', 'UPDATE_ROLLBACK_IN_PROGRESS', 'The following resource(s) failed to update: [Vpc].'),
      raw(2, 'Vpc', 'UPDATE_FAILED', 'a quota'),
      raw(1, 's', 'UPDATE_IN_PROGRESS', 'User Initiated'),
    ];
    const asked = (events: object[]) =>
      readEvents({ read: async () => ({ StackEvents: events }) } as never, 'id', new AbortController().signal);
    expect(firstFailure(await asked(StackEvents))?.reason).toBe('the address has gone');
    expect(firstFailure(await asked(StackEvents.slice(3)))?.reason).toBe('a quota');
  });

  it('count the time of a resource from its own beginning', () => {
    const done = event(60, 'Nat', 'CREATE_COMPLETE');
    expect(beganAt([event(1, 's', 'CREATE_IN_PROGRESS'), event(10, 'Nat', 'CREATE_IN_PROGRESS'), done], done)).toBe(10);
  });

  it('are those of the last operation only, over as many pages as it takes', async () => {
    const pages = [
      { StackEvents: [raw(4, 's', 'UPDATE_COMPLETE'), raw(3, 'Vpc', 'UPDATE_COMPLETE')], NextToken: '1' },
      { StackEvents: [raw(2, 's', 'UPDATE_IN_PROGRESS'), raw(1, 'Vpc', 'CREATE_COMPLETE')], NextToken: '2' },
    ];
    const reader = {
      region: 'eu-central-1',
      read: async (_service: string, _operation: string, input: { NextToken?: string }) =>
        pages[Number(input.NextToken ?? 0)],
    } as unknown as AwsReader;
    const events = await readEvents(reader, 'id', new AbortController().signal);
    expect(events.map(({ at }) => at)).toEqual([2, 3, 4]);
  });
});
