import type { JsonObject } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import { surpriseOf } from '../stacks/change-set.ts';
import type { DesiredStack } from './desired.ts';
import { diffStack, referencesOf } from './stack-diff.ts';

const subnet = (cidr: string): JsonObject => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { CidrBlock: cidr, VpcId: 'vpc-1' },
});
const role = (policy: string): JsonObject => ({ Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: [policy] } });

function diff(will: JsonObject, was: JsonObject, more: { parameters?: JsonObject; had?: Record<string, string> } = {}) {
  const outputs: JsonObject = {
    SubnetId: { Value: { Ref: 'Subnet' } },
    RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } },
  };
  const desired: DesiredStack = {
    stackName: 's',
    template: { Resources: will, Outputs: outputs },
    parameters: more.parameters ?? {},
    unknown: [],
    tags: {},
    terminationProtection: false,
  };
  return diffStack(desired, {
    stackName: 's',
    stackId: 'arn:s',
    status: 'CREATE_COMPLETE',
    template: { Resources: was, Outputs: outputs },
    parameters: more.had ?? {},
    outputs: { SubnetId: 'subnet-1', RoleArn: 'arn:r' },
    tags: {},
    terminationProtection: false,
    changedAt: '',
  });
}

describe('how a stack differs', () => {
  it.each([
    ['nothing', { Subnet: subnet('a') }, { Subnet: subnet('a') }, 'none', []],
    ['a policy of a role', { Role: role('b') }, { Role: role('a') }, 'safe', ['RoleArn']],
    ['a new resource', { Subnet: subnet('a'), Role: role('a') }, { Subnet: subnet('a') }, 'safe', ['RoleArn']],
    [
      'a removed resource',
      { Subnet: subnet('a') },
      { Subnet: subnet('a'), Role: role('a') },
      'disruptive',
      ['RoleArn'],
    ],
    ['the range of a subnet', { Subnet: subnet('b') }, { Subnet: subnet('a') }, 'replace', ['SubnetId']],
    ['another type', { Subnet: role('a') }, { Subnet: subnet('a') }, 'replace', ['SubnetId']],
  ] as const)('by %s', (_name, will, was, level, moving) => {
    const found = diff(will, was);
    expect(found.class).toBe(level);
    expect(found.movingOutputs).toEqual(moving);
  });

  it('by what is replaced because what it stands on is, however far', () => {
    const network = (range: string): JsonObject => ({
      Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: range } },
      Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.0.0/19' } },
      Link: {
        Type: 'AWS::EC2::SubnetRouteTableAssociation',
        Properties: { SubnetId: { 'Fn::Sub': '${Subnet}' }, RouteTableId: 'rtb-1' },
      },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { Tags: [{ Key: 'vpc', Value: { Ref: 'Vpc' } }] } },
      Role: role('a'),
    });
    const found = diff(network('10.1.0.0/16'), network('10.0.0.0/16'));
    expect(found.replaced).toEqual(['Link', 'Subnet', 'Vpc']);
    expect(found.fields).toEqual([
      { path: 'Resources.Link.Properties.SubnetId', to: '(of another Subnet)' },
      { path: 'Resources.Subnet.Properties.VpcId', to: '(of another Vpc)' },
      { path: 'Resources.Vpc.Properties.CidrBlock', from: '10.0.0.0/16', to: '10.1.0.0/16' },
    ]);
    expect(found.movingOutputs).toEqual(['SubnetId']);
  });

  it('by a parameter that replaces what refers to it', () => {
    const resource = { Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'VpcId' } } } };
    const found = diff(resource, resource, { parameters: { VpcId: 'vpc-2' }, had: { VpcId: 'vpc-1' } });
    expect(found).toMatchObject({ class: 'replace', replaced: ['Subnet'], fields: [{ path: 'Parameters.VpcId' }] });
  });

  it('never by a parameter that AWS hides', () => {
    expect(diff({}, {}, { parameters: { Secret: 'x' }, had: { Secret: '****' } }).fields).toEqual([]);
  });

  it('finds references in every intrinsic', () => {
    const value = [
      { 'Fn::Sub': 'a ${Role.Arn} ${Vpc} ${!Not}' },
      { 'Fn::Sub': ['${x} ${Key}', { x: { Ref: 'Subnet' } }] },
    ];
    expect(referencesOf(value)).toEqual({ ids: ['Vpc', 'Subnet', 'Key'], attributes: ['Role'] });
  });
});

describe('a change set against its plan', () => {
  const change = (Action: 'Add' | 'Modify' | 'Remove', more: object = {}) => ({
    ResourceChange: { Action, LogicalResourceId: 'Subnet', ResourceType: 'AWS::EC2::Subnet', ...more },
  });
  const details = (Evaluation: 'Static' | 'Dynamic', RequiresRecreation: 'Always' | 'Never') => ({
    Replacement: 'Conditional' as const,
    Details: [{ Evaluation, Target: { RequiresRecreation } }],
  });
  const nothing = { removed: [], replaced: [] };

  it.each([
    ['adds', change('Add'), nothing, undefined],
    ['modifies in place', change('Modify', { Replacement: 'False' }), nothing, undefined],
    [
      'replaces unplanned',
      change('Modify', { Replacement: 'True' }),
      nothing,
      'Subnet (AWS::EC2::Subnet) would be replaced',
    ],
    [
      'replaces as planned',
      change('Modify', { Replacement: 'True' }),
      { removed: [], replaced: ['Subnet'] },
      undefined,
    ],
    ['deletes unplanned', change('Remove'), nothing, 'Subnet (AWS::EC2::Subnet) would be deleted'],
    ['deletes as planned', change('Remove'), { removed: ['Subnet'], replaced: [] }, undefined],
    [
      'surely recreates',
      change('Modify', details('Static', 'Always')),
      nothing,
      'Subnet (AWS::EC2::Subnet) would be replaced',
    ],
    ['may see another value', change('Modify', details('Dynamic', 'Always')), nothing, undefined],
  ] as const)('that %s', (_name, one, planned, expected) => {
    expect(surpriseOf([one], planned)).toBe(expected);
  });
});
