import { describe, expect, it } from 'vitest';
import {
  checkParameter,
  checkParameterTypes,
  chooseParameters,
  type GivenParameter,
  parameterReference,
} from './parameters.ts';
import { type ParameterDeclaration, readTemplate } from './template.ts';

const template = readTemplate(`
Parameters:
  Needed: {Type: String}
  Optional: {Type: String, Default: d}
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
Resources: {Igw: {Type: 'AWS::EC2::InternetGateway'}}
`);
const needed: GivenParameter = { ParameterKey: 'Needed', ParameterValue: 'n' };

describe('the choice of parameters', () => {
  it.each<[string, GivenParameter[], Record<string, { value: string }> | undefined, Record<string, string>]>([
    ['given and default', [needed], undefined, { Needed: 'n', Optional: 'd', Size: '3' }],
    [
      'previous where asked for, default where not',
      [{ ParameterKey: 'Needed', UsePreviousValue: true }],
      { Needed: { value: 'old' }, Optional: { value: 'other' } },
      { Needed: 'old', Optional: 'd', Size: '3' },
    ],
  ])('%s', (_, given, previous, expected) => {
    expect(chooseParameters(template, given, previous)).toEqual(expected);
  });

  it.each<[GivenParameter[], string]>([
    [[], 'Parameters: [Needed] must have values'],
    [[needed, { ParameterKey: 'X', ParameterValue: '1' }], 'Parameters: [X] do not exist in the template'],
    [[needed, needed], 'Duplicate parameter key: Needed'],
    [[{ ParameterKey: 'Needed', UsePreviousValue: true }], 'not in the previous template'],
    [[{ ParameterKey: 'Needed', ParameterValue: 'a', UsePreviousValue: true }], 'Cannot specify usePreviousValue'],
    [[needed, { ParameterKey: 'Size', ParameterValue: 'x' }], 'is not a number'],
    [[{ ParameterKey: 'Needed', ParameterValue: 'x'.repeat(4097) }], "'Needed' must contain at most 4096 bytes"],
    [[needed, { ParameterKey: 'Size', ParameterValue: '6' }], 'must be a number not greater than 5'],
  ])('refuses %j', (given, message) => {
    expect(() => chooseParameters(template, given, undefined)).toThrow(message);
  });
});

describe('the rules of a parameter', () => {
  const string: ParameterDeclaration = { type: 'String', noEcho: false };
  it.each<[Partial<ParameterDeclaration>, string, string | undefined]>([
    [{ allowedValues: ['a', 'b'] }, 'a', undefined],
    [{ allowedValues: ['a', 'b'] }, 'c', "Parameter 'P' must be one of AllowedValues"],
    [{ allowedPattern: '[a-z]+' }, 'abc', undefined],
    [{ allowedPattern: '[a-z]+' }, 'abc1', "Parameter 'P' must match pattern [a-z]+"],
    [{ allowedPattern: 'a|b' }, 'ab', "Parameter 'P' must match pattern a|b"],
    [{ allowedPattern: 'x', constraintDescription: 'an x' }, 'y', 'Parameter P failed to satisfy constraint: an x'],
    [{ minLength: 2 }, 'a', 'must contain at least 2 characters'],
    [{ maxLength: 2 }, 'abc', 'must contain at most 2 characters'],
    [{ type: 'Number', minValue: 0 }, '-1', 'must be a number not less than 0'],
    [{ type: 'List<Number>' }, '1,2, 3', undefined],
    [{ type: 'List<Number>' }, '1,b', 'is not a number'],
    [{ type: 'CommaDelimitedList', allowedValues: ['a', 'b'] }, 'a,c', 'must be one of AllowedValues'],
  ])('%j takes %s: %s', (rules, value, message) => {
    const check = () => checkParameter('P', { ...string, ...rules }, value);
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });

  it.each([
    ['String', 'a,b', 'a,b'],
    ['CommaDelimitedList', 'a, b', ['a', 'b']],
    ['List<AWS::EC2::Subnet::Id>', 'subnet-1,subnet-2', ['subnet-1', 'subnet-2']],
    ['CommaDelimitedList', '', []],
  ])('%s of %s is referred to as %j', (type, value, expected) => {
    expect(parameterReference({ ...string, type }, { value })).toEqual(expected);
  });

  it('refers to what an SSM parameter held', () => {
    const type = 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>';
    expect(parameterReference({ ...string, type }, { value: '/ami', resolved: 'ami-1' })).toBe('ami-1');
  });

  it('refuses a type that does not exist', () => {
    const wrong = readTemplate('Parameters: {P: {Type: Strin}}\nResources: {A: {Type: x}}');
    expect(() => checkParameterTypes(wrong)).toThrow('Unrecognized parameter type: Strin');
  });
});
