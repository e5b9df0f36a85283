import { awsErrorCode } from '../calls/aws-failure.ts';
import type { AwsReader, AwsWriter } from '../calls/aws-port.ts';

/** One statement about how AWS behaves that the engines rely on; the fake and the real one both keep it. */
export interface AwsStatement {
  readonly says: string;
  /** Resolves to what was seen; equals `expected` where the statement holds. */
  observe(aws: { reader: AwsReader; writer: AwsWriter; wait: () => Promise<void> }): Promise<unknown>;
  readonly expected: unknown;
}

const name = 'roadstead-contract-network';
const template = JSON.stringify({
  Resources: {
    Group: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/roadstead/contract', Type: 'String', Value: 'a' } },
  },
});

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => awsErrorCode(error),
  );
}

/** To be run in order against an account that has none of these things; leaves nothing. */
export const awsContract: readonly AwsStatement[] = [
  {
    says: 'a stack that is not there is a ValidationError that says so',
    observe: async ({ reader }) => codeOf(reader.read('cloudformation', 'DescribeStacks', { StackName: name })),
    expected: 'ValidationError',
  },
  {
    says: 'a cluster that is not there is a ResourceNotFoundException',
    observe: async ({ reader }) => codeOf(reader.read('eks', 'DescribeCluster', { name: 'roadstead-contract' })),
    expected: 'ResourceNotFoundException',
  },
  {
    says: 'a stack is in progress when its creation was taken, and a second one of its name is refused',
    observe: async ({ reader, writer }) => {
      const input = { StackName: name, TemplateBody: template, EnableTerminationProtection: true };
      await writer.write('cloudformation', 'CreateStack', { ...input, ClientRequestToken: 'one' });
      const found = await reader.read('cloudformation', 'DescribeStacks', { StackName: name });
      const second = await codeOf(
        writer.write('cloudformation', 'CreateStack', { ...input, ClientRequestToken: 'two' }),
      );
      return [found.Stacks?.[0]?.StackStatus, second];
    },
    expected: ['CREATE_IN_PROGRESS', 'AlreadyExistsException'],
  },
  {
    says: 'a protected stack is not deleted',
    observe: async ({ writer, wait }) => {
      await wait();
      return codeOf(writer.write('cloudformation', 'DeleteStack', { StackName: name }));
    },
    expected: 'ValidationError',
  },
  {
    says: 'a change set that changes nothing fails and says so',
    observe: async ({ reader, writer, wait }) => {
      const set = { StackName: name, ChangeSetName: 'roadstead-empty' };
      await writer.write('cloudformation', 'CreateChangeSet', {
        ...set,
        ChangeSetType: 'UPDATE',
        TemplateBody: template,
      });
      await wait();
      const made = await reader.read('cloudformation', 'DescribeChangeSet', set);
      await writer.write('cloudformation', 'DeleteChangeSet', set);
      return [made.Status, /contain changes|No updates/i.test(made.StatusReason ?? '')];
    },
    expected: ['FAILED', true],
  },
  {
    says: 'a deleted stack is still described by its id, no more by its name',
    observe: async ({ reader, writer, wait }) => {
      const id =
        (await reader.read('cloudformation', 'DescribeStacks', { StackName: name })).Stacks?.[0]?.StackId ?? '';
      await writer.write('cloudformation', 'UpdateTerminationProtection', {
        StackName: name,
        EnableTerminationProtection: false,
      });
      await writer.write('cloudformation', 'DeleteStack', { StackName: name });
      await wait();
      const found = await reader.read('cloudformation', 'DescribeStacks', { StackName: id });
      return [
        found.Stacks?.[0]?.StackStatus,
        await codeOf(reader.read('cloudformation', 'DescribeStacks', { StackName: name })),
      ];
    },
    expected: ['DELETE_COMPLETE', 'ValidationError'],
  },
];
