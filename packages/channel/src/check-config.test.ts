import { formatProblem, parseClusterFile } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { checkConfig, parseChannel } from './index.ts';
import { filesWith } from './test-channel.ts';

const schema = [
  'type: object',
  'additionalProperties: false',
  'properties:',
  '  replicas: {type: integer, default: 2, minimum: 1}',
  '  tier: {type: string, enum: [small, large]}',
  '  hosts: {type: array, items: {type: string}}',
  '  token: {type: string, secret: true}',
  '  old: {type: boolean, deprecated: true}',
].join('\n');

function problemsOf(config: string): string[] {
  const { channel } = parseChannel({ root: 'channel', files: filesWith({ 'config.schema.yaml': schema }) });
  const text = [
    'apiVersion: roadstead.dev/v1',
    'kind: Cluster',
    'metadata: {name: shop}',
    'spec:',
    '  account: aws:123456789012',
    '  region: eu-central-1',
    '  nodePools: [{name: app, instanceTypes: [m7g.large]}]',
    `  config: ${config}`,
  ].join('\n');
  if (channel === undefined) throw new Error('the channel is right');
  return checkConfig(channel, parseClusterFile(text, 'cluster.yaml')).map(formatProblem);
}

describe('config of a cluster', () => {
  it.each([
    [
      'an unknown item',
      '{replica: 2}',
      'cluster.yaml:8:12: the channel has no config item replica',
      'did you mean "replicas"?',
    ],
    ['a wrong type', '{replicas: many}', 'cluster.yaml:8:22: replicas must be integer', ''],
    ['a number below the least', '{replicas: 0}', 'cluster.yaml:8:22: replicas must be >= 1', ''],
    ['a value off the list', '{tier: medium}', 'cluster.yaml:8:18: ', 'one of small, large'],
    ['a wrong item of a list', '{hosts: [a, 3]}', 'cluster.yaml:8:23: hosts.1 must be string', ''],
    ['a secret as a value', '{token: hunter2}', 'cluster.yaml:8:19: ', 'aws:secretsmanager:'],
    ['a deprecated item', '{old: true}', 'cluster.yaml:8:12: warning: ', 'replaces'],
  ])('with %s is told with its place', (_, config, message, hint) => {
    const problems = problemsOf(config).join('\n');
    expect(problems).toContain(message);
    expect(problems).toContain(hint);
    expect(problems).not.toContain('hunter2');
  });

  it.each(['{}', '{replicas: 3, tier: large, hosts: [a], token: "aws:secretsmanager:shop/token"}'])(
    '%s is right',
    (config) => {
      expect(problemsOf(config)).toEqual([]);
    },
  );
});
