import { expect, test } from 'vitest';
import { allowsVolumes } from './driver-credentials.ts';

const policy = (Effect: string, Action: unknown) => JSON.stringify({ Statement: [{ Effect, Action, Resource: '*' }] });

test.each<[string, readonly string[], boolean]>([
  ['the very action', [policy('Allow', 'ec2:CreateVolume')], true],
  ['one of several', [policy('Allow', ['ec2:DescribeVolumes', 'ec2:CreateVolume'])], true],
  ['a pattern', [policy('Allow', 'ec2:*')], true],
  ['everything', [policy('Allow', '*')], true],
  ['another action', [policy('Allow', 'ec2:CreateVolumes')], false],
  ['a denial', [policy('Deny', 'ec2:CreateVolume')], false],
  ['nothing', [], false],
  ['no JSON', ['nonsense'], false],
  ['one statement that is no list', [JSON.stringify({ Statement: { Effect: 'Allow', Action: 'ec2:Create*' } })], true],
])('%s', (_, documents, allowed) => {
  expect(allowsVolumes({ documents })).toBe(allowed);
});
