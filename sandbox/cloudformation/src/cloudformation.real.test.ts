import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@roadstead/foundation';
import { startTestGateway, type TestGateway } from '@roadstead/sandbox-gateway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudFormationService, createCloudFormationService } from './index.ts';
import { textAt } from './types/values.ts';

// The AWS CLI's own commands and waiters on stacks of every carried type; the resources are in moto, by the wire.

const run = promisify(execFile);
const region = 'eu-central-1';
const home = { account: '123456789012', region };
const everyType = readFileSync(new URL('./testing/every-type.yaml', import.meta.url), 'utf8');
const stop = new AbortController();
let world: TestGateway;
let service: CloudFormationService;
let environment: Record<string, string>;
let image: string;

beforeAll(async () => {
  world = await startTestGateway(process.env);
  service = createCloudFormationService({
    backend: world.gateway.backend,
    clock: systemClock,
    pace: { factor: 600, floorMs: 20 },
    directory: world.directory,
    signal: stop.signal,
    log: () => undefined,
  });
  world.gateway.register(service);
  const input = { Filters: [{ Name: 'architecture', Values: ['arm64'] }] };
  image = textAt(await world.gateway.backend.call(home, 'ec2', 'DescribeImages', input), 'Images', 0, 'ImageId');
  const [administrator] = world.gateway.administrators;
  if (administrator === undefined) throw new Error('the gateway has no administrator');
  environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: world.directory,
    AWS_ENDPOINT_URL: world.gateway.url,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ACCESS_KEY_ID: administrator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
  };
});

afterAll(async () => {
  stop.abort();
  await world.close();
});

async function aws(...parts: string[]): Promise<string> {
  const { stdout } = await run(world.tools.aws, ['cloudformation', ...parts], { env: environment });
  return stdout;
}

async function refusal(...parts: string[]): Promise<string> {
  return aws(...parts).then(
    (said) => `accepted: ${said}`,
    (error: { stderr: string }) => error.stderr,
  );
}

/** Asks for a change and waits for the stack to come to rest; CLI waiters, which sleep 30 s, then see it at once. */
async function submit(command: string, stack: string, template: string, ...more: string[]): Promise<string> {
  await aws(command, '--stack-name', stack, '--template-body', template, ...more);
  return settled(stack);
}

async function settled(stack: string): Promise<string> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const found = service.inventory().find((each) => each.name === stack);
    if (found === undefined || !found.status.endsWith('_IN_PROGRESS')) return found?.status ?? 'DELETE_COMPLETE';
    await systemClock.sleep(50);
  }
  throw new Error(`${stack} did not come to rest`);
}

/** Everything there is, but for keys: a deleted one stays pending for its window. */
async function inventory(): Promise<unknown> {
  const text = JSON.stringify(await world.gateway.inventory([region]));
  return JSON.parse(text, (name, value) => (name === 'key' ? undefined : value));
}

/** What failed of a stack and why, for a test that is about to say so. */
async function failures(stack: string): Promise<string> {
  const query = "StackEvents[?ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]";
  return aws('describe-stack-events', '--stack-name', stack, '--query', query, '--output', 'text');
}

const acknowledged = ['--capabilities', 'CAPABILITY_IAM'];
const parameters = (V: string, Max: string) => [
  '--parameters',
  `ParameterKey=Image,ParameterValue=${image}`,
  `ParameterKey=V,ParameterValue=${V}`,
  `ParameterKey=Max,ParameterValue=${Max}`,
];

interface Change {
  readonly ResourceChange: { readonly LogicalResourceId: string; readonly Replacement?: string };
}

async function drifted(): Promise<string[]> {
  const id = (
    await aws('detect-stack-drift', '--stack-name', 'all', '--query', 'StackDriftDetectionId', '--output', 'text')
  ).trim();
  for (let attempt = 0; attempt < 60; attempt++) {
    const said = JSON.parse(await aws('describe-stack-drift-detection-status', '--stack-drift-detection-id', id));
    if (said.DetectionStatus === 'DETECTION_COMPLETE') break;
  }
  const filters = ['--stack-resource-drift-status-filters', 'MODIFIED', 'DELETED'];
  const said = JSON.parse(await aws('describe-stack-resource-drifts', '--stack-name', 'all', ...filters));
  return said.StackResourceDrifts.map((drift: { LogicalResourceId: string }) => drift.LogicalResourceId);
}

describe('stacks of every type', () => {
  // As at AWS: what other resources add to a group or a role is drift of its inline lists.
  const addedByOthers = ['Role', 'Sg', 'Sg2'];
  let before: unknown;

  it('are taken by AWS’s own linter', async () => {
    const file = join(world.directory, 'lint.yaml');
    await writeFile(file, everyType);
    await run(world.tools.cfnLint, ['--regions', region, '--ignore-checks', 'W', '--', file], { env: environment });
  });

  it('are made, and are then as they were told to be', async () => {
    before = await inventory();
    const status = await submit('create-stack', 'all', everyType, ...acknowledged, ...parameters('one', '3'));
    expect(status, await failures('all')).toBe('CREATE_COMPLETE');
    await aws('wait', 'stack-create-complete', '--stack-name', 'all');
    expect(await drifted()).toEqual(addedByOthers);
  });

  it('have nothing to do twice', async () => {
    expect(
      await refusal(
        'update-stack',
        '--stack-name',
        'all',
        '--use-previous-template',
        ...acknowledged,
        ...parameters('one', '3'),
      ),
    ).toContain('(ValidationError) when calling the UpdateStack operation: No updates are to be performed.');
  });

  it('are changed in place by a change set that tells what it will do', async () => {
    const named = ['--stack-name', 'all', '--change-set-name', 'two'];
    await aws('create-change-set', ...named, '--use-previous-template', ...acknowledged, ...parameters('two', '5'));
    await systemClock.sleep(500);
    await aws('wait', 'change-set-create-complete', ...named);
    const said = JSON.parse(await aws('describe-change-set', ...named, '--include-property-values'));
    const replaced = said.Changes.filter((change: Change) => change.ResourceChange.Replacement === 'True');
    expect(replaced).toEqual([]);
    const group = said.Changes.find((change: Change) => change.ResourceChange.LogicalResourceId === 'Asg');
    expect(group.ResourceChange.Details.map((detail: { CausingEntity: string }) => detail.CausingEntity)).toEqual([
      'Lt.LatestVersionNumber',
      'Max',
      'V',
    ]);
    await aws('execute-change-set', ...named);
    expect(await settled('all')).toBe('UPDATE_COMPLETE');
    await aws('wait', 'stack-update-complete', '--stack-name', 'all');
    expect(await drifted()).toEqual(addedByOthers);
    const { StackResourceDetail } = JSON.parse(
      await aws('describe-stack-resource', '--stack-name', 'all', '--logical-resource-id', 'Asg'),
    );
    const input = { AutoScalingGroupNames: [StackResourceDetail.PhysicalResourceId] };
    expect(await world.gateway.backend.call(home, 'autoscaling', 'DescribeAutoScalingGroups', input)).toMatchObject({
      AutoScalingGroups: [{ MaxSize: 5, LaunchTemplate: { Version: '2' } }],
    });
  });

  it('are put back when a change fails', async () => {
    const broken = everyType.replace('CidrBlock: 10.20.0.0/20', 'CidrBlock: 10.99.0.0/20');
    const status = await submit('update-stack', 'all', broken, ...acknowledged, ...parameters('three', '5'));
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    await aws('wait', 'stack-rollback-complete', '--stack-name', 'all');
    expect(await drifted()).toEqual(addedByOthers);
    expect(await aws('describe-stack-events', '--stack-name', 'all')).toMatch(/The CIDR '10.99.0.0\/20' is invalid/);
  });

  it('refuse to replace what bears a name of the user’s choice', async () => {
    const template = (description: string) =>
      `Resources: {Sg: {Type: AWS::EC2::SecurityGroup, Properties: {GroupName: mine, GroupDescription: ${description}}}}`;
    expect(await submit('create-stack', 'named', template('one'))).toBe('CREATE_COMPLETE');
    expect(await submit('update-stack', 'named', template('two'))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws('describe-stack-events', '--stack-name', 'named')).toContain(
      'Rename mine and update the stack again',
    );
    await aws('delete-stack', '--stack-name', 'named');
    expect(await settled('named')).toBe('DELETE_COMPLETE');
  });

  it('leave nothing when deleted but the key in its window', async () => {
    await aws('delete-stack', '--stack-name', 'all');
    expect(await settled('all')).toBe('DELETE_COMPLETE');
    await aws('wait', 'stack-delete-complete', '--stack-name', 'all');
    expect(service.inventory()).toEqual([]);
    expect(await inventory()).toEqual(before);
  });

  it('answered by the service model throughout', () => {
    expect(world.gateway.violations).toEqual([]);
  });
});

describe('the words of refusals', () => {
  it.each([
    [
      ['describe-stacks', '--stack-name', 'nobody'],
      '(ValidationError) when calling the DescribeStacks operation: Stack with id nobody does not exist',
    ],
    [['describe-stack-events', '--stack-name', 'nobody'], 'Stack [nobody] does not exist'],
    [
      [
        'create-stack',
        '--stack-name',
        'x',
        '--template-body',
        'Resources: {R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}',
      ],
      '(InsufficientCapabilitiesException)',
    ],
    [
      ['describe-change-set', '--change-set-name', `arn:aws:cloudformation:${region}:123456789012:changeSet/a/b`],
      '(ChangeSetNotFound)',
    ],
  ])('%j', async (command, message) => {
    expect(await refusal(...command)).toContain(message);
  });
});
