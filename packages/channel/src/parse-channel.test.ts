import { formatProblem } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { checkChannel, parseChannel } from './index.ts';
import { filesWith } from './test-channel.ts';

/** What parsing finds, else what checking does. */
function problemsOf(changes: Readonly<Record<string, string | undefined>>): string[] {
  const parsed = parseChannel({ root: 'channel', files: filesWith(changes) });
  const problems =
    parsed.channel === undefined ? parsed.problems : [...parsed.problems, ...checkChannel(parsed.channel)];
  return problems.map(formatProblem);
}

describe('a channel', () => {
  it('that is right has no problems', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each<[string, Record<string, string | undefined>, string, string]>([
    ['no channel.yaml', { 'channel.yaml': undefined }, 'channel/channel.yaml:1:1: ', 'NO_CHANNEL'],
    [
      'a version that is a number',
      {
        'channel.yaml': 'apiVersion: roadstead.dev/v1\nkind: Channel\nmetadata: {name: t}\nspec: {kubernetes: [1.36]}',
      },
      'channel/channel.yaml:4:21: spec.kubernetes[0]',
      'WRONG_TYPE',
    ],
    [
      'a config schema that is none',
      { 'config.schema.yaml': 'type: object\nproperties: {a: {type: text}}' },
      'channel/config.schema.yaml:2:17: ',
      'WRONG_CONFIG_SCHEMA',
    ],
    ['an unknown file of eks', { 'eks/nodegroup.yaml': 'a: 1' }, 'channel/eks/nodegroup.yaml:1:1: ', 'UNKNOWN_FILE'],
    ['a manifest without component', { 'manifests/a.yaml': 'a: 1' }, 'channel/manifests/a.yaml:1:1: ', 'NO_COMPONENT'],
    [
      'a key that component.yaml does not have',
      { 'manifests/a/component.yaml': 'need: [b]' },
      'channel/manifests/a/component.yaml:1:1: unknown key "need"',
      'UNKNOWN_KEY',
    ],
    ['broken YAML', { 'manifests/a/a.yaml': 'a: [1' }, 'channel/manifests/a/a.yaml:1:', 'YAML_SYNTAX'],
    [
      'an unfinished expression',
      { 'manifests/a/a.yaml': 'a: ${{x' },
      'channel/manifests/a/a.yaml:1:4: ',
      'UNFINISHED_EXPRESSION',
    ],
    [
      'a misspelt member',
      { 'eks/cluster.yaml': 'name: ${{cluster.nam}}\nversion: "1.36"\nroleArn: x\nresourcesVpcConfig: {}' },
      'channel/eks/cluster.yaml:1:17: ',
      'UNKNOWN_MEMBER',
    ],
    [
      'an unknown config item',
      { 'manifests/a/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "${{config.name}}"}' },
      'channel/manifests/a/a.yaml:3:28: ',
      'UNKNOWN_MEMBER',
    ],
    [
      'a condition that is text',
      { 'manifests/a/component.yaml': 'includeWhen: cluster.name' },
      'channel/manifests/a/component.yaml:1:14: ',
      'TYPE_MISMATCH',
    ],
    [
      'a loop without suffix under a key',
      { 'stacks/network.yaml': 'Resources:\n  Vpc: {forEach: [{z: network.zones}], template: {Type: AWS::EC2::VPC}}' },
      'channel/stacks/network.yaml:2:23: ',
      'NO_KEY_SUFFIX',
    ],
    [
      'an output that no stack declares',
      { 'eks/cluster.yaml': 'name: a\nversion: "1.36"\nroleArn: ${{outputs.foundation.Role}}\nresourcesVpcConfig: {}' },
      'channel/eks/cluster.yaml:3:31: ',
      'UNKNOWN_MEMBER',
    ],
    [
      'an output of a later stack',
      {
        'stacks/network.yaml':
          'parameters: {Role: "${{outputs.foundation.RoleArn}}"}\ntemplate:\n  Parameters: {Role: {Type: String}}\n  Resources: {Vpc: {Type: AWS::EC2::VPC}}\n  Outputs: {VpcId: {Value: !Ref Vpc}}',
      },
      'channel/stacks/network.yaml:1:31: ',
      'NOT_YET_KNOWN',
    ],
    [
      'an endpoint before there is one',
      {
        'stacks/foundation.yaml':
          'parameters: {Url: "${{outputs.cluster.Endpoint}}"}\ntemplate:\n  Parameters: {Url: {Type: String}}\n  Resources: {Role: {Type: AWS::IAM::Role}}\n  Outputs: {RoleArn: {Value: !GetAtt Role.Arn}}',
      },
      'channel/stacks/foundation.yaml:1:30: ',
      'NOT_YET_KNOWN',
    ],
    [
      'a late value in a template',
      {
        'stacks/foundation.yaml':
          'template:\n  Resources: {Role: {Type: AWS::IAM::Role, Properties: {Path: "${{outputs.network.VpcId}}"}}}\n  Outputs: {RoleArn: {Value: !GetAtt Role.Arn}}',
      },
      'channel/stacks/foundation.yaml:2:',
      'NOT_YET_KNOWN',
    ],
    [
      'computing with a late value',
      {
        'eks/cluster.yaml':
          'name: a\nversion: "1.36"\nroleArn: ${{outputs.foundation.RoleArn + "x"}}\nresourcesVpcConfig: {}',
      },
      'channel/eks/cluster.yaml:3:',
      'LATE_COMPUTED',
    ],
    [
      'a circle of needs',
      { 'manifests/a/component.yaml': 'needs: [b]', 'manifests/b/component.yaml': 'needs: [a]' },
      'channel/manifests/a/component.yaml:1:9: components need each other: a → b → a',
      'NEEDS_CIRCLE',
    ],
    [
      'an unknown need',
      { 'manifests/a/component.yaml': 'needs: [bb]', 'manifests/b/component.yaml': '{}' },
      'channel/manifests/a/component.yaml:1:9: ',
      'UNKNOWN_NEED',
    ],
    [
      'a template without resources',
      { 'stacks/network.yaml': 'Outputs: {VpcId: {Value: x}}' },
      'channel/stacks/network.yaml:1:1: ',
      'WRONG_TEMPLATE',
    ],
    [
      'a stack with the name of something else',
      { 'stacks/pool-app.yaml': 'Resources: {A: {Type: AWS::SNS::Topic}}' },
      'channel/stacks/pool-app.yaml:1:1: ',
      'WRONG_STACK_NAME',
    ],
    [
      'an output that only a switched config has',
      {
        'config.schema.yaml':
          'type: object\nproperties: {replicas: {type: integer, default: 1}, extra: {type: boolean, default: true}}',
        'stacks/network.yaml':
          'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Ref Vpc}\n  More: {includeWhen: config.extra, template: {Value: !Ref Vpc}}',
        'manifests/a/a.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {more: "${{outputs.network.More}}"}',
      },
      'channel/manifests/a/a.yaml:4:18: outputs.network.More',
      'EXPRESSION_FAILED',
    ],
    [
      'an access entry twice',
      { 'eks/access.yaml': '- {principalArn: a}\n- {principalArn: a}' },
      'the access entry of "a" is made twice',
      'MADE_TWICE',
    ],
    [
      'a reference to nothing',
      { 'stacks/network.yaml': 'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Ref Vcp}' },
      'channel/stacks/network.yaml:4:23: stack network: Ref names Vcp',
      'UNKNOWN_RESOURCE',
    ],
    [
      'a Sub of nothing',
      {
        'stacks/network.yaml':
          'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Sub "${Nope.Id} ${!Kept} ${AWS::Region}"}',
      },
      'channel/stacks/network.yaml:4:23: stack network: Fn::Sub names Nope',
      'UNKNOWN_RESOURCE',
    ],
    [
      'a parameter that is not declared',
      {
        'stacks/foundation.yaml':
          'parameters: {Vpc: "${{outputs.network.VpcId}}"}\ntemplate:\n  Resources: {Role: {Type: AWS::IAM::Role}}\n  Outputs: {RoleArn: {Value: !GetAtt Role.Arn}}',
      },
      'channel/stacks/foundation.yaml:',
      'WRONG_PARAMETERS',
    ],
    [
      'an export',
      {
        'stacks/network.yaml':
          'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Ref Vpc, Export: {Name: x}}',
      },
      'channel/stacks/network.yaml:4:28: stack network: the output VpcId is exported',
      'WRONG_TEMPLATE',
    ],
    [
      'a reference to nothing in one turn of a forEach',
      {
        'stacks/network.yaml':
          'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\n  Route:\n    forEach: [{zone: network.zones}]\n    keySuffix: zone.suffix\n    template:\n      Type: AWS::EC2::Route\n      Properties:\n        GatewayId: {Ref: "Gate${{zone.suffix}}"}\nOutputs:\n  VpcId: {Value: !Ref Vpc}',
      },
      'channel/stacks/network.yaml:9:26: stack network: Ref names GateAz2',
      'UNKNOWN_RESOURCE',
    ],
    [
      'the same key in each turn of a forEach',
      {
        'stacks/network.yaml':
          'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\n  Route:\n    forEach: [{zone: network.zones}]\n    keySuffix: cluster.region.substring(0, 2)\n    template: {Type: AWS::EC2::Route}\nOutputs:\n  VpcId: {Value: !Ref Vpc}',
      },
      'channel/stacks/network.yaml:5:16: the key Routeeu is made twice',
      'KEY_TWICE',
    ],
    [
      'a key that a forEach makes and that is written too',
      {
        'stacks/network.yaml':
          'Resources:\n  Route:\n    forEach: [{zone: network.zones}]\n    keySuffix: zone.suffix\n    template: {Type: AWS::EC2::Route}\n  RouteAz2: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Ref RouteAz2}',
      },
      'channel/stacks/network.yaml:4:16: the key RouteAz2 is made twice',
      'KEY_TWICE',
    ],
    [
      'a name that is too long for the longest cluster',
      {
        'stacks/foundation.yaml':
          'Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: "role-of-the-cluster-${{cluster.name}}-of-${{cluster.region}}"}\nOutputs:\n  RoleArn: {Value: !GetAtt Role.Arn}',
      },
      'channel/stacks/foundation.yaml:4:28: stack foundation: RoleName role-of-the-cluster-c-long',
      'NAME_TOO_LONG',
    ],
    [
      'a node group whose request is wrong in its forEach',
      {
        'eks/node-group.yaml':
          'forEach: [{pool: cluster.nodePools}]\ntemplate:\n  nodegroupName: ${{pool.name}}\n  nodeRole: x\n  subnets: ${{pool.name}}',
      },
      'channel/eks/node-group.yaml:5:15: subnets is "app", not a list',
      'WRONG_TYPE',
    ],
    [
      'an object without name in a list that a forEach makes',
      {
        'manifests/a/a.yaml':
          'apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n  - forEach: [{pool: cluster.nodePools}]\n    template:\n      apiVersion: v1\n      kind: ConfigMap\n      metadata: {labels: {pool: "${{pool.name}}"}}',
      },
      'channel/manifests/a/a.yaml:9:17: the ConfigMap has no metadata.name',
      'NO_NAME',
    ],
    [
      'a template inside a template',
      {
        'manifests/a/a.yaml':
          'includeWhen: "true"\ntemplate:\n  forEach: [{pool: cluster.nodePools}]\n  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: "${{pool.name}}"}}',
      },
      'channel/manifests/a/a.yaml:3:3: ',
      'MISPLACED_DIRECTIVE',
    ],
    [
      'a config item of a type that is none',
      { 'config.schema.yaml': 'type: object\nproperties:\n  a: {type: string}\n  b: {type: text}\n' },
      'channel/config.schema.yaml:4:6: ',
      'WRONG_CONFIG_SCHEMA',
    ],
    ['no cluster', { 'eks/cluster.yaml': undefined }, 'eks/cluster.yaml:1:1: ', 'NO_CLUSTER'],
    [
      'generateName',
      { 'manifests/a/a.yaml': 'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}' },
      'channel/manifests/a/a.yaml:3:12: the Job has generateName',
      'GENERATE_NAME',
    ],
    [
      'an object without kind',
      { 'manifests/a/a.yaml': 'name: a' },
      'channel/manifests/a/a.yaml:1:1: ',
      'NOT_AN_OBJECT',
    ],
    [
      'an object without name',
      { 'manifests/a/a.yaml': 'apiVersion: v1\nkind: ConfigMap' },
      'channel/manifests/a/a.yaml:1:1: ',
      'NO_NAME',
    ],
    [
      'an object twice',
      { 'manifests/b/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}' },
      'channel/manifests/b/a.yaml:3:18: ConfigMap default/a is there already, in component a',
      'OBJECT_TWICE',
    ],
    [
      'a request without name',
      { 'eks/cluster.yaml': 'version: "1.36"\nroleArn: x\nresourcesVpcConfig: {}' },
      'channel/eks/cluster.yaml:1:1: name is missing',
      'MISSING_KEY',
    ],
    [
      'an add-on in no phase',
      { 'eks/addons.yaml': '- phase: later\n  request: {addonName: a, addonVersion: b}' },
      'channel/eks/addons.yaml:1:10: phase cannot be "later"',
      'NOT_ONE_OF',
    ],
    [
      'a late value in the text of an add-on',
      {
        'eks/addons.yaml':
          '- phase: after-nodes\n  request: {addonName: a, addonVersion: b, configurationValues: {role: "${{outputs.foundation.RoleArn}}"}}',
      },
      'channel/eks/addons.yaml:2:76: ',
      'LATE_IN_TEXT',
    ],
    [
      'a node group without pool',
      { 'eks/node-group.yaml': 'nodegroupName: a\nnodeRole: x\nsubnets: []' },
      'channel/eks/node-group.yaml:1:1: ',
      'NO_POOL',
    ],
  ])('with %s is refused with its place', (_, changes, place, code) => {
    const problems = problemsOf(changes).join('\n');
    expect(problems).toContain(place);
    expect(problems).toContain(`[${code}]`);
  });

  describe('that requires a version of Roadstead', () => {
    const requiring = (range: string, roadstead: string, more = '') => {
      const text = `apiVersion: roadstead.dev/v1\nkind: Channel\nmetadata: {name: test}\nspec:\n  requires: {roadstead: ${range}}\n  kubernetes: ["1.36"]\n${more}`;
      return parseChannel({ root: 'channel', files: filesWith({ 'channel.yaml': text }), roadstead });
    };

    it('is read by one that it takes', () => {
      expect(requiring('">=1.2 <2"', '1.4.0').problems).toEqual([]);
    });

    it('is refused by another one, and whatever else is wrong with it is not said', () => {
      const { channel, problems } = requiring('">=2.0.0"', '1.4.0', '  news: of version 2\n');
      expect(channel).toBeUndefined();
      expect(problems.map(formatProblem)).toEqual([
        'channel/channel.yaml:5:25: the channel requires Roadstead >=2.0.0, this is 1.4.0 [ROADSTEAD_VERSION]\n' +
          '  hint: another version of Roadstead, or a commit of the channel that takes this one',
      ]);
    });

    it('is refused when the range is none', () => {
      const problems = requiring('latest', '1.4.0').problems.map(formatProblem).join('\n');
      expect(problems).toContain('channel/channel.yaml:5:25: "latest" is not a range of versions [WRONG_RANGE]');
    });

    it('is compared with the version that runs', () => {
      const text =
        'apiVersion: roadstead.dev/v1\nkind: Channel\nmetadata: {name: test}\nspec: {requires: {roadstead: ">999"}, kubernetes: ["1.36"]}\n';
      const { problems } = parseChannel({ root: 'channel', files: filesWith({ 'channel.yaml': text }) });
      expect(problems.map(({ code }) => code)).toEqual(['ROADSTEAD_VERSION']);
    });
  });

  it('names its content where it is no commit, and the commit where it is one', () => {
    const files = filesWith();
    const one = parseChannel({ root: 'a', files }).channel?.source;
    expect(one).toEqual(parseChannel({ root: 'b', files: new Map([...files].toReversed()) }).channel?.source);
    expect(one).not.toEqual(
      parseChannel({ root: 'a', files: filesWith({ 'manifests/a/b.yaml': '# more' }) }).channel?.source,
    );
    expect(parseChannel({ root: 'a', files, commit: 'f00d' }).channel?.source).toEqual({ kind: 'git', commit: 'f00d' });
  });

  it('finds what can be no object without any cluster, in lists too', () => {
    const job = '{apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}}';
    const files = filesWith({ 'manifests/a/a.yaml': `apiVersion: v1\nkind: List\nitems: [${job}]` });
    const { channel, problems } = parseChannel({ root: 'channel', files });
    expect(channel).toBeUndefined();
    expect(problems.map(({ code }) => code)).toEqual(['GENERATE_NAME']);
  });
});
