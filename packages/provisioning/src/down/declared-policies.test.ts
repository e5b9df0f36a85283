import { describe, expect, it } from 'vitest';
import { declaredPolicies } from './declared-policies.ts';

const template = (properties: object, more: object = {}) =>
  ({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties: properties }, ...more } }) as never;

describe('the policies that a template gives to a role', () => {
  it.each<[string, object, object, { managed: string[]; inline: string[] | undefined }]>([
    ['none', {}, {}, { managed: [], inline: [] }],
    [
      'managed ones, written out or with the partition left open',
      { ManagedPolicyArns: ['arn:aws:iam::aws:policy/A', { 'Fn::Sub': 'arn:x:iam::aws:policy/service-role/B' }] },
      {},
      { managed: ['A', 'B'], inline: [] },
    ],
    ['its own', { Policies: [{ PolicyName: 'key' }] }, {}, { managed: [], inline: ['key'] }],
    [
      'those of policies beside it',
      {},
      { Policy: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'beside' } } },
      { managed: [], inline: ['beside'] },
    ],
    [
      'a name that is computed',
      { Policies: [{ PolicyName: { Ref: 'Name' } }] },
      {},
      { managed: [], inline: undefined },
    ],
  ])('%s', (_title, properties, more, { managed, inline }) => {
    const declared = declaredPolicies(template(properties, more), 'Role');
    expect([...declared.managed]).toEqual(managed);
    expect(declared.inline === undefined ? undefined : [...declared.inline]).toEqual(inline);
  });
});
