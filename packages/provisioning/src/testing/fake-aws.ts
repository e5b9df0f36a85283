import type { Clock } from '@roadstead/foundation';
import type { AwsReader, AwsWriter } from '../calls/aws-port.ts';
import { type FakeEks, fakeEks } from './fake-eks.ts';
import type { Handlers, Input } from './fake-handler.ts';
import { type FakeStacks, fakeStacks } from './fake-stacks.ts';

/** An AWS in memory, for loops: things take their time on the given clock, exclude each other, and refuse in AWS's words. */
export interface FakeAws {
  readonly reader: AwsReader;
  readonly writer: AwsWriter;
  readonly stacks: FakeStacks;
  readonly eks: FakeEks;
  /** Writes that were taken, as `eks:CreateCluster shop`. */
  readonly taken: string[];
  /** Says which write fails, before or after it is done; undefined lets it through. */
  fault: (operation: string, input: Input) => { readonly when: 'before' | 'after'; readonly error: Error } | undefined;
}

export function fakeAws(clock: Clock): FakeAws {
  const stacks = fakeStacks(clock);
  const eks = fakeEks(clock);
  const handlers: { readonly [service: string]: Handlers } = {
    cloudformation: stacks.handlers,
    eks: eks.handlers,
    logs: eks.logHandlers,
    iam: {
      ListAttachedRolePolicies: () => ({}),
      ListInstanceProfilesForRole: () => ({}),
      ListRolePolicies: () => ({}),
    },
    ec2: { DescribeSubnets: () => ({ Subnets: stacks.subnets() }) },
  };
  const call = (service: string, operation: string, input: Input): Record<string, unknown> => {
    const handler = handlers[service]?.[operation];
    if (handler === undefined) throw new Error(`the fake has no ${service}:${operation}`);
    return structuredClone(handler(JSON.parse(JSON.stringify(input)) as Input));
  };
  const fake: FakeAws = {
    stacks,
    eks,
    taken: [],
    fault: () => undefined,
    reader: {
      region: 'eu-central-1',
      read: async (service: string, operation: string, input: Input) => call(service, operation, input),
    } as unknown as AwsReader,
    writer: {
      region: 'eu-central-1',
      write: async (service: string, operation: string, input: Input) => {
        const fault = fake.fault(`${service}:${operation}`, input);
        if (fault?.when === 'before') throw fault.error;
        const answer = call(service, operation, input);
        fake.taken.push(`${service}:${operation} ${nameIn(input)}`);
        if (fault?.when === 'after') throw fault.error;
        return answer;
      },
    } as unknown as AwsWriter,
  };
  return fake;
}

function nameIn(input: Input): string {
  const keys = [
    'StackName',
    'nodegroupName',
    'addonName',
    'principalArn',
    'serviceAccount',
    'name',
    'logGroupName',
    'resourceArn',
  ];
  return String(input[keys.find((key) => input[key] !== undefined) ?? ''] ?? '');
}
