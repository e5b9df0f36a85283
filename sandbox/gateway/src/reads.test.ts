import { expect, it } from 'vitest';
import { isMutating } from './reads.ts';

it.each([
  ['ec2', 'DescribeVpcs', false],
  ['ec2', 'CreateVpc', true],
  ['eks', 'ListUpdates', false],
  ['eks', 'UpdateClusterConfig', true],
  ['sts', 'AssumeRole', false],
  ['cloudformation', 'CreateChangeSet', true],
  ['cloudformation', 'DetectStackDrift', false],
  ['cloudformation', 'ValidateTemplate', false],
  ['sqs', 'ReceiveMessage', true],
  ['elasticloadbalancing', 'DescribeLoadBalancers', false],
  ['ec2', 'DescribeSomethingNobodyListed', true],
  ['newservice', 'GetThing', true],
])('%s.%s may change something: %s', (service, operation, mutating) => {
  expect(isMutating(service, operation)).toBe(mutating);
});
