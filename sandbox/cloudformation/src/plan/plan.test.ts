import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformProperties } from '../spec/conform.ts';
import { resourceSpec } from '../spec/resource-spec.ts';
import { Unknown } from '../template/evaluate.ts';
import type { JsonObject } from '../template/parse.ts';
import { compareProperties } from './compare.ts';
import { diffProperties, strongestRecreation } from './diff-properties.ts';
import { nodesOnCycles, reversed } from './graph.ts';
import { inOrder } from './plan-changes.ts';

function spec(type: string) {
  const found = resourceSpec(type);
  if (found === undefined) throw new Error(type);
  return found;
}

describe('what replaces', () => {
  it.each<[string, JsonObject, JsonObject, string[], string]>([
    ['AWS::EC2::VPC', { CidrBlock: 'a' }, { CidrBlock: 'a' }, [], 'Never'],
    ['AWS::EC2::VPC', { CidrBlock: 'a' }, { CidrBlock: 'b' }, ['CidrBlock'], 'Always'],
    ['AWS::EC2::VPC', { EnableDnsSupport: true }, {}, ['EnableDnsSupport'], 'Never'],
    [
      'AWS::EC2::VPC',
      { InstanceTenancy: 'default' },
      { InstanceTenancy: 'dedicated' },
      ['InstanceTenancy'],
      'Conditionally',
    ],
    [
      'AWS::EC2::LaunchTemplate',
      { LaunchTemplateData: { ImageId: 'a', InstanceType: 't' } },
      { LaunchTemplateData: { ImageId: 'b', InstanceType: 't' } },
      ['LaunchTemplateData.ImageId'],
      'Never',
    ],
    [
      'AWS::EC2::LaunchTemplate',
      { LaunchTemplateName: 'a' },
      { LaunchTemplateName: 'b' },
      ['LaunchTemplateName'],
      'Always',
    ],
    [
      'AWS::IAM::Role',
      { Path: '/', Description: 'a' },
      { Path: '/x/', Description: 'b' },
      ['Description', 'Path'],
      'Always',
    ],
    ['AWS::EC2::Subnet', { VpcId: 'vpc-1' }, { VpcId: new Unknown(['Vpc']) }, ['VpcId'], 'Always'],
    ['AWS::EC2::Subnet', { Tags: [{ Key: 'a', Value: 'b' }] }, { Tags: [] }, ['Tags'], 'Never'],
  ])('%s %j → %j', (type, before, after, paths, recreation) => {
    const changes = diffProperties(spec(type), before, after);
    expect(changes.map(({ path }) => path.join('.'))).toEqual(paths);
    expect(strongestRecreation(changes)).toBe(recreation);
  });
});

describe('the types of properties', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['AWS::EC2::VPC', { CidrBlock: 'x', EnableDnsSupport: 'true' }, { CidrBlock: 'x', EnableDnsSupport: true }],
    [
      'AWS::AutoScaling::AutoScalingGroup',
      { MinSize: 1, MaxSize: 2, HealthCheckGracePeriod: '5' },
      { MinSize: '1', MaxSize: '2', HealthCheckGracePeriod: 5 },
    ],
    [
      'AWS::SSM::Parameter',
      { Type: 'String', Value: 5, Tags: { a: 1 } },
      { Type: 'String', Value: '5', Tags: { a: '1' } },
    ],
    ['AWS::Events::Rule', { EventPattern: { source: ['a'] } }, { EventPattern: { source: ['a'] } }],
  ])('%s %j', (type, given, expected) => {
    expect(conformProperties(spec(type), given)).toEqual({ properties: expected, problems: [] });
  });

  it.each<[string, JsonObject, string]>([
    ['AWS::EC2::Subnet', {}, '#: required key [VpcId] not found'],
    ['AWS::EC2::VPC', { Cidr: 'x' }, '#: extraneous key [Cidr] is not permitted'],
    ['AWS::EC2::VPC', { EnableDnsSupport: 'perhaps' }, '#/EnableDnsSupport: expected type: Boolean, found: String'],
    ['AWS::EC2::VPC', { Tags: { a: 'b' } }, '#/Tags: expected type: JSONArray, found: JSONObject'],
    ['AWS::EC2::VPC', { Tags: [{ Key: 'a' }] }, '#/Tags/0: required key [Value] not found'],
    ['AWS::EC2::VPC', { CidrBlock: ['x'] }, '#/CidrBlock: expected type: String, found: JSONArray'],
    [
      'AWS::EC2::LaunchTemplate',
      { LaunchTemplateData: { ImageIdd: 'x' } },
      '#/LaunchTemplateData: extraneous key [ImageIdd] is not permitted',
    ],
  ])('%s refuses %j', (type, given, problem) => {
    expect(conformProperties(spec(type), given).problems).toContain(problem);
  });
});

describe('what is there against what was asked for', () => {
  it.each<[JsonObject, JsonObject, string[]]>([
    [{ A: 'x' }, { A: 'x', B: 'y' }, []],
    [{ A: 'x' }, { B: 'y' }, []],
    [{ A: '1' }, { A: 1 }, []],
    [{ A: 'x' }, { A: 'y' }, ['NOT_EQUAL /A']],
    [{ A: 'x' }, { A: undefined }, ['REMOVE /A']],
    [{ A: [] }, { A: undefined }, []],
    [{ A: [1, 2] }, { A: [2, 1] }, []],
    [{ A: [1] }, { A: [1, 2] }, ['ADD /A/1']],
    [{ A: [1, 2] }, { A: [1] }, ['REMOVE /A/1']],
    [{ A: { B: { C: 1 } } }, { A: { B: { C: 2, D: 3 } } }, ['NOT_EQUAL /A/B/C']],
    [{ P: '{"a": 1}' }, { P: { a: 1 } }, []],
    [{ Tags: [{ Key: 'a', Value: 'b' }] }, { Tags: [{ Key: 'a', Value: 'c' }] }, ['REMOVE /Tags/0', 'ADD /Tags/0']],
  ])('%j against %j', (expected, actual, differences) => {
    const found = compareProperties(expected, actual);
    expect(found.map((each) => `${each.DifferenceType} ${each.PropertyPath}`)).toEqual(differences);
  });
});

describe('the order of work', () => {
  const graph = (edges: Record<string, string[]>) =>
    new Map(Object.entries(edges).map(([node, needs]) => [node, new Set(needs)]));

  it('puts each node after what it waits for', () => {
    expect(inOrder(graph({ c: ['b'], b: ['a'], a: [], d: ['a'] }))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('turns every edge', () => {
    expect(reversed(graph({ a: [], b: ['a'] }))).toEqual(graph({ a: ['b'], b: [] }));
  });

  it('finds circles and what waits for them', () => {
    expect(nodesOnCycles(graph({ a: ['b'], b: ['a'], c: ['a'], d: [] }))).toEqual(['a', 'b', 'c']);
  });

  it('keeps every dependency of any graph without circles', () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)));
    fc.assert(
      fc.property(edges, (pairs) => {
        const nodes = Object.fromEntries(
          Array.from({ length: 10 }, (_, index): [string, string[]] => [`n${index}`, []]),
        );
        for (const [a, b] of pairs) if (a > b) nodes[`n${a}`]?.push(`n${b}`);
        const order = inOrder(graph(nodes));
        for (const [node, needs] of Object.entries(nodes)) {
          for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node));
        }
      }),
    );
  });
});
