import { describe, expect, it } from 'vitest';
import type { ConditionKeys } from './conditions.ts';
import { type Decision, decide, statementsOf } from './policy.ts';

const values: Readonly<Record<string, readonly string[]>> = {
  'aws:username': ['eve'],
  'aws:requestedregion': ['eu-central-1'],
  'aws:sourceip': ['127.0.0.1'],
  'aws:currenttime': ['2026-11-21T12:00:00Z'],
  'aws:multifactorauthpresent': [],
  'aws:tagkeys': ['team', 'cost'],
  'eks:count': ['5'],
};
const keys: ConditionKeys = (key) => values[key];
const shop = 'arn:aws:eks:eu-central-1:123456789012:cluster/shop';

function statement(more: object = {}): object {
  return { Effect: 'Allow', Action: 'eks:CreateCluster', Resource: '*', ...more };
}

function asked(statements: readonly object[], action = 'eks:CreateCluster', resource = shop): Decision {
  return decide(statementsOf(JSON.stringify({ Statement: statements })), { action, resource, keys });
}

describe('an action on a resource', () => {
  it.each<[string, readonly object[], Decision]>([
    ['is not allowed by nothing', [], 'unmentioned'],
    ['is allowed by its name', [statement()], 'allowed'],
    ['by its name in any case', [statement({ Action: ['EKS:createcluster'] })], 'allowed'],
    ['by a wildcard', [statement({ Action: 'eks:Create*' })], 'allowed'],
    ['by everything', [statement({ Action: '*' })], 'allowed'],
    ['not by another', [statement({ Action: 'eks:CreateClusters' })], 'unmentioned'],
    ['not by the same of another service', [statement({ Action: 'ecs:CreateCluster' })], 'unmentioned'],
    ['is denied whatever allows it', [statement({ Effect: 'Deny', Action: 'eks:*' }), statement()], 'denied'],
    ['by all but others', [statement({ Action: undefined, NotAction: 'iam:*' })], 'allowed'],
    ['not by all but itself', [statement({ Action: undefined, NotAction: 'eks:*' })], 'unmentioned'],
    ['on its resource', [statement({ Resource: shop })], 'allowed'],
    ['by a pattern over it', [statement({ Resource: 'arn:aws:eks:*:*:cluster/sh?p' })], 'allowed'],
    ['not on another', [statement({ Resource: `${shop}2` })], 'unmentioned'],
    ['not where it is excepted', [statement({ Resource: undefined, NotResource: shop })], 'unmentioned'],
    ['not without a resource', [statement({ Resource: undefined })], 'unmentioned'],
    ['not when nothing is said of it', [{ Effect: 'Allow' }], 'unmentioned'],
    [
      'not by a variable that nobody knows',
      [statement({ Resource: 'arn:aws:eks:*:*:cluster/${aws:no}' })],
      'unmentioned',
    ],
  ])('%s', (_, statements, decision) => {
    expect(asked(statements)).toBe(decision);
  });

  it('may be on what is named after the caller', () => {
    const own = [statement({ Action: 'iam:GetUser', Resource: 'arn:aws:iam::*:user/${aws:username}' })];
    expect(asked(own, 'iam:GetUser', 'arn:aws:iam::123456789012:user/eve')).toBe('allowed');
    expect(asked(own, 'iam:GetUser', 'arn:aws:iam::123456789012:user/adam')).toBe('unmentioned');
  });

  it('is not allowed by a document that is none', () => {
    expect(statementsOf('{')).toEqual([]);
    expect(statementsOf('[]')).toEqual([]);
  });
});

describe('a condition', () => {
  it.each<[object, boolean]>([
    [{ StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'eu-central-1'] } }, true],
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-central-*' } }, false],
    [{ StringLike: { 'aws:RequestedRegion': 'eu-central-*' } }, true],
    [{ StringNotEquals: { 'aws:RequestedRegion': 'eu-central-1' } }, false],
    [{ StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'eu-west-2'] } }, true],
    [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
    [{ IpAddress: { 'aws:SourceIp': '128.0.0.0/8' } }, false],
    [{ NotIpAddress: { 'aws:SourceIp': '127.0.0.1' } }, false],
    [{ DateLessThan: { 'aws:CurrentTime': '2026-11-21T12:00:01Z' } }, true],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2026-11-21T12:00:01Z' } }, false],
    [{ NumericLessThanEquals: { 'eks:count': '5' } }, true],
    [{ NumericGreaterThan: { 'eks:count': '5' } }, false],
    [{ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, false],
    [{ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }, true],
    [{ Null: { 'aws:MultiFactorAuthPresent': 'true' } }, true],
    [{ Null: { 'aws:RequestedRegion': 'true' } }, false],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'cost', 'x'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['team'] } }, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['x'] } }, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:MultiFactorAuthPresent': ['x'] } }, false],
    [{ 'ForAllValues:StringEquals': { 'aws:MultiFactorAuthPresent': ['x'] } }, true],
    [
      { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      false,
    ],
  ])('%j holds: %s', (condition, holds) => {
    expect(asked([statement({ Condition: condition })])).toBe(holds ? 'allowed' : 'unmentioned');
  });

  it.each([{ StringEquals: { 'aws:ResourceTag/team': 'a' } }, { Fancy: { 'aws:RequestedRegion': 'a' } }])(
    '%j cannot be judged: it allows nothing and denies what it may',
    (condition) => {
      expect(asked([statement({ Condition: condition })])).toBe('unmentioned');
      expect(asked([statement(), statement({ Effect: 'Deny', Condition: condition })])).toBe('denied');
    },
  );
});
