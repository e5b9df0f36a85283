import { describe, expect, it } from 'vitest';
import { splitCidr } from './cidr.ts';
import { evaluate, evaluateCondition, type Scope, Unknown, unknownCauses } from './evaluate.ts';

const attributes: Readonly<Record<string, unknown>> = {
  'Vpc.CidrBlock': '10.0.0.0/16',
  'Vpc.List': ['x', 'y'],
  'New.Arn': new Unknown(['New.Arn']),
};

const scope: Scope = {
  value: (name) => ({ P: 'p', Number: '7', List: ['a', 'b'], 'AWS::Region': 'eu-central-1' })[name],
  physicalId: (name) => ({ Vpc: 'vpc-1', New: new Unknown(['New']) })[name],
  attribute: (name, attribute) => attributes[`${name}.${attribute}`],
  condition: (name) => name === 'Yes',
  mapping: (name) => (name === 'Map' ? { 'eu-central-1': { ami: 'ami-1' } } : undefined),
  importedValue: (name) => `value of ${name}`,
  zones: (region) => [`${region}a`, `${region}b`],
};

describe('expressions', () => {
  it.each<[unknown, unknown]>([
    [{ Ref: 'P' }, 'p'],
    [{ Ref: 'List' }, ['a', 'b']],
    [{ Ref: 'Vpc' }, 'vpc-1'],
    [{ 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }, '10.0.0.0/16'],
    [{ 'Fn::GetAtt': 'Vpc.CidrBlock' }, '10.0.0.0/16'],
    [{ 'Fn::Sub': '${P}-${Vpc}-${Vpc.CidrBlock}-${!P}' }, 'p-vpc-1-10.0.0.0/16-${P}'],
    [{ 'Fn::Sub': ['${own}${P}', { own: { Ref: 'Number' } }] }, '7p'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'P' }, 3]] }, 'a-p-3'],
    [{ 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
    [{ 'Fn::Split': ['/', { 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }] }, ['10.0.0.0', '16']],
    [{ 'Fn::Select': [1, { Ref: 'List' }] }, 'b'],
    [{ 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'eu-central-1a'],
    [{ 'Fn::GetAZs': { Ref: 'AWS::Region' } }, ['eu-central-1a', 'eu-central-1b']],
    [{ 'Fn::If': ['Yes', 'then', 'else'] }, 'then'],
    [{ 'Fn::If': ['No', 'then', 'else'] }, 'else'],
    [{ 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'ami'] }, 'ami-1'],
    [{ 'Fn::ImportValue': { 'Fn::Sub': '${P}-vpc' } }, 'value of p-vpc'],
    [{ 'Fn::Base64': 'hello' }, 'aGVsbG8='],
    [{ 'Fn::Select': [1, { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] }] }, '10.0.1.0/24'],
    [{ a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: 2 }, { b: 2 }],
    [
      [1, { Ref: 'AWS::NoValue' }, 2],
      [1, 2],
    ],
    [{ Ref: 'AWS::NoValue' }, undefined],
    [{ Condition: { StringEquals: { a: 'b' } } }, { Condition: { StringEquals: { a: 'b' } } }],
  ])('%j', (expression, expected) => {
    expect(evaluate(expression, scope)).toEqual(expected);
  });

  it.each<[unknown, string[]]>([
    [{ Ref: 'New' }, ['New']],
    [{ 'Fn::Sub': 'x-${New}-${New.Arn}' }, ['New', 'New.Arn']],
    [{ 'Fn::Join': [',', ['a', { Ref: 'New' }]] }, ['New']],
    [{ 'Fn::Select': [0, { 'Fn::Split': [':', { 'Fn::GetAtt': ['New', 'Arn'] }] }] }, ['New.Arn']],
    [{ a: [{ 'Fn::Base64': { Ref: 'New' } }] }, ['New']],
  ])('%j is unknown until then', (expression, causes) => {
    expect(unknownCauses(evaluate(expression, scope))).toEqual(causes);
  });

  it.each<[unknown, string]>([
    [{ Ref: 'Nobody' }, 'Unresolved resource dependencies [Nobody]'],
    [{ 'Fn::GetAtt': ['Vpc', 'Nope'] }, 'does not support attribute type Nope'],
    [{ 'Fn::Select': [5, ['a']] }, 'Fn::Select cannot select nonexistent value at index 5'],
    [{ 'Fn::Join': ['-'] }, 'Fn::Join object requires 2 parameters'],
    [{ 'Fn::FindInMap': ['Map', 'x', 'y'] }, 'Unable to get mapping for Map::x::y'],
    [{ 'Fn::FindInMap': ['No', 'x', 'y'] }, "Mapping named 'No' is not present"],
    [{ 'Fn::Transform': {} }, 'unsupported function: Fn::Transform'],
    [{ 'Fn::Sub': '${List}' }, 'must be a string'],
    [{ 'Fn::Cidr': ['10.0.0.0/24', 4, 8] }, 'cannot split'],
  ])('refuses %j', (expression, message) => {
    expect(() => evaluate(expression, scope)).toThrow(message);
  });
});

describe('conditions', () => {
  it.each<[unknown, boolean]>([
    [{ 'Fn::Equals': [{ Ref: 'P' }, 'p'] }, true],
    [{ 'Fn::Equals': [{ Ref: 'Number' }, 7] }, true],
    [{ 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }, true],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] }, false],
    [{ 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] }, true],
  ])('%j is %s', (expression, expected) => {
    expect(evaluateCondition(expression, scope)).toBe(expected);
  });

  it('are nothing but boolean functions', () => {
    expect(() => evaluateCondition('true', scope)).toThrow('Conditions can only be boolean operations');
  });
});

describe('blocks of a network', () => {
  it.each([
    ['10.20.0.0/16', 3, 12, ['10.20.0.0/20', '10.20.16.0/20', '10.20.32.0/20']],
    ['10.20.5.9/24', 2, 4, ['10.20.5.0/28', '10.20.5.16/28']],
    ['255.255.255.0/24', 1, 8, ['255.255.255.0/24']],
  ])('%s into %d of %d bits', (block, count, bits, expected) => {
    expect(splitCidr(block, count, bits)).toEqual(expected);
  });

  it.each([
    ['nonsense', 1, 8],
    ['10.0.0.256/24', 1, 4],
    ['10.0.0.0/24', 0, 4],
    ['10.0.0.0/24', 17, 4],
  ])('refuses %s into %d of %d bits', (block, count, bits) => {
    expect(() => splitCidr(block, count, bits)).toThrow('Fn::Cidr');
  });
});
