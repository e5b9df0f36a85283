import { join } from 'node:path';
import { readOperations, writeOperations } from '@roadstead/provisioning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRole, kubeconfigOf, kubectlWith } from './cluster-in.ts';
import { explained } from './explained-permissions.ts';
import {
  aws,
  clusterFile,
  demandSuccess,
  lastSeq,
  planLines,
  type Roadstead,
  roadsteadIn,
  smallCluster,
} from './roadstead.ts';
import { root, type Sandbox, startSandbox } from './sandbox.ts';

/** The oldest Kubernetes that the channel supports through up and down, and what that road asked of AWS. */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
/** IAM actions of the product's own requests. */
const asked = new Set<string>();

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  roadstead = await roadsteadIn(sandbox);
  const principal = await createRole(sandbox, 'developer');
  const more = `  dns: {zone: old.example.org}
  config: {secretsEncryption: true}
  access:
    - {role: power-user, principal: "${principal}"}
`;
  file = await clusterFile(smallCluster('old', more).replace('"1.36"', '"1.33"'));
});
afterAll(() => sandbox?.stop());

/** Runs the product, and remembers what it asked of AWS. */
async function watched(...args: readonly string[]): Promise<void> {
  const seq = await lastSeq(sandbox);
  await roadstead.ok(...args);
  for (const { service, operation } of await sandbox.journal(seq)) asked.add(`${service}:${operation}`);
}

interface ServerVersion {
  readonly serverVersion: { readonly major: string; readonly minor: string; readonly gitVersion: string };
}

describe('Kubernetes 1.33', () => {
  it('comes up, answers its minor, has nodes of it, and leaves nothing to plan', async () => {
    await watched('up', '-f', file, '--yes');
    const kubectl = kubectlWith(sandbox, await kubeconfigOf(roadstead, file));
    const { serverVersion } = JSON.parse(await kubectl.ok('version', '-o', 'json')) as ServerVersion;
    expect(serverVersion).toMatchObject({ major: '1', minor: '33' });
    const { items } = await kubectl.get<{ items: { status: { nodeInfo: { kubeletVersion: string } } }[] }>('nodes');
    expect(items.map(({ status }) => status.nodeInfo.kubeletVersion.slice(0, 6))).toEqual(['v1.33.', 'v1.33.']);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });

  it('serves what it served, not what 1.36 does', async () => {
    const kubectl = kubectlWith(sandbox, await kubeconfigOf(roadstead, file));
    expect(await kubectl.ok('api-versions')).not.toContain('resource.k8s.io/v1\n');
  });
});

describe('Kubernetes 1.34 and 1.35', () => {
  it.each(['1.34', '1.35'])('%s starts and answers its minor', async (version) => {
    const { cluster } = await aws<{ cluster: { roleArn: string; resourcesVpcConfig: { subnetIds: string[] } } }>(
      sandbox,
      ...['eks', 'describe-cluster', '--name', 'old'],
    );
    const name = `minor-${version.slice(2)}`;
    await aws(
      sandbox,
      ...['eks', 'create-cluster', '--name', name, '--kubernetes-version', version, '--role-arn', cluster.roleArn],
      ...['--resources-vpc-config', `subnetIds=${cluster.resourcesVpcConfig.subnetIds.join(',')}`],
    );
    await aws(sandbox, 'eks', 'wait', 'cluster-active', '--name', name);
    const kubeconfig = join(sandbox.directory, `${name}.kubeconfig`);
    demandSuccess(
      'update-kubeconfig',
      await sandbox.run('aws', ['eks', 'update-kubeconfig', '--name', name, '--kubeconfig', kubeconfig]),
    );
    const { serverVersion } = JSON.parse(
      await kubectlWith(sandbox, kubeconfig).ok('version', '-o', 'json'),
    ) as ServerVersion;
    expect(`${serverVersion.major}.${serverVersion.minor}`).toBe(version);
    await aws(sandbox, 'eks', 'delete-cluster', '--name', name);
    demandSuccess(`wait for ${name}`, await sandbox.run('aws', ['eks', 'wait', 'cluster-deleted', '--name', name]));
  });
});

describe('what `roadstead permissions` prints', () => {
  it('is what up and down ask of AWS, themselves and through CloudFormation, and nothing that nobody needs', async () => {
    await watched('down', '-f', file, '--yes', '--delete-logs');
    const { calls } = await sandbox.control<{ calls: { by: string; service: string; operation: string }[] }>(
      'GET',
      'service-calls',
    );
    const stacks = calls.filter(({ by }) => by === 'cloudformation').map((call) => `${call.service}:${call.operation}`);
    expect(stacks).toContain('ec2:CreateVpc');
    const seen = new Set([...asked, ...stacks].map(actionOf));
    const own = operations(readOperations).concat(operations(writeOperations));
    expect(Object.keys(explained).filter((action) => seen.has(action) || own.includes(action))).toEqual([]);
    const actions = [...new Set([...seen, ...own, ...Object.keys(explained)])].toSorted();
    // `vitest -u` makes the file anew from what was seen.
    await expect(fileOf(actions)).toMatchFileSnapshot(join(root, 'apps/cli/src/permissions.json'));
    const printed = JSON.parse((await roadstead.ok('permissions')).stdout) as {
      Statement: { Action: string | string[] }[];
    };
    expect(printed.Statement.flatMap(({ Action }) => Action).toSorted()).toEqual(actions);
  });
});

/** The operations that the product's own lists allow it at all: some answer to a world that this road does not meet. */
function operations(lists: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(lists).flatMap(([service, names]) => names.map((name) => actionOf(`${service}:${name}`)));
}

/** IAM's name of an operation: two services have another prefix there. */
function actionOf(operation: string): string {
  return operation.replace(/^elbv2:/, 'elasticloadbalancing:').replace(/^elb:/, 'elasticloadbalancing:');
}

/** The file as the formatter leaves it. */
function fileOf(actions: readonly string[]): string {
  const passedTo = ['ec2.amazonaws.com', 'eks.amazonaws.com', 'pods.eks.amazonaws.com'];
  const lines = actions.map((action) => `    ${JSON.stringify(action)}`).join(',\n');
  const services = passedTo.map((service) => JSON.stringify(service)).join(', ');
  return `{\n  "actions": [\n${lines}\n  ],\n  "passedTo": [${services}]\n}\n`;
}
