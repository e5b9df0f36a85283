import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classicBalancer, plantInTheWay } from './in-the-way.ts';
import {
  aws,
  clusterFile,
  demandSuccess,
  kubectl,
  lastSeq,
  mutations,
  planLines,
  type Roadstead,
  roadsteadIn,
  smallCluster,
} from './roadstead.ts';
import { comparable, root, type Sandbox, startSandbox } from './sandbox.ts';

/**
 * One cluster's hard life: everything that can fail on its way up fails once, is told with its name and reason, and the
 * next `up` goes on from there; and then what is in the way down.
 */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
let channel = '';
let before: unknown;

beforeAll(async () => {
  sandbox = await startSandbox();
  roadstead = await roadsteadIn(sandbox);
  file = await clusterFile(smallCluster('rough'));
  channel = await mkdtemp(join(tmpdir(), 'roadstead-channel-'));
  await cp(join(root, 'channel'), channel, { recursive: true });
  before = comparable(await sandbox.control('GET', 'inventory'));
});
afterAll(() => sandbox?.stop());

const up = () => roadstead.run('up', '-f', file, '--channel', channel, '--yes');
const fault = (rule: object) => sandbox.control<{ id: string }>('POST', 'faults', rule);
const clearFaults = () => sandbox.control('DELETE', 'faults');

/** Runs `up`, which must fail for the reason that is expected, without showing anybody a stack trace. */
async function failsWith(...words: readonly (string | RegExp)[]): Promise<void> {
  const { code, stderr } = await up();
  for (const word of words) expect(stderr).toMatch(word);
  expect(stderr).not.toMatch(/bug of Roadstead|^\s+at /m);
  expect(code).toBe(1);
}

describe('on the way up', () => {
  it('a quota rolls the network stack back, and says which resource and why', async () => {
    const message = 'The maximum number of addresses has been reached.';
    await fault({
      by: 'backend',
      service: 'ec2',
      operation: 'AllocateAddress',
      action: { kind: 'error', code: 'AddressLimitExceeded', message },
    });
    await failsWith(/NatAddress\w* \(AWS::EC2::EIP\)|NatAddress/, message);
    expect(await stackStatus('network')).toBe('ROLLBACK_COMPLETE');
    await clearFaults();
  });

  it('a name that is taken rolls the foundation stack back, after the network was made again', async () => {
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'eks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
    const name = 'roadstead-rough-cluster-eu-central-1';
    await aws(sandbox, 'iam', 'create-role', '--role-name', name, '--assume-role-policy-document', trust);
    await failsWith('ClusterRole', name, /already exists/);
    expect(await stackStatus('network')).toBe('CREATE_COMPLETE');
    expect(await stackStatus('foundation')).toBe('ROLLBACK_COMPLETE');
    await aws(sandbox, 'iam', 'delete-role', '--role-name', name);
  });

  it('a launch template that EC2 refuses rolls the stack of its pool back', async () => {
    const message = 'Invalid value for the volume size.';
    await fault({
      by: 'backend',
      service: 'ec2',
      operation: 'CreateLaunchTemplate',
      action: { kind: 'error', code: 'InvalidParameterValue', message },
    });
    await failsWith('LaunchTemplate', message);
    expect(await stackStatus('foundation')).toBe('CREATE_COMPLETE');
    await clearFaults();
  });

  it('nodes that never join fail their group with the cause that EKS gives, and a new group heals it', async () => {
    await fault({ node: 'never-join', cluster: 'rough', match: '' });
    await failsWith(/CREATE_FAILED/, /NodeCreationFailure/, /do not join|failed to join/);
    await clearFaults();
    const { code, stderr } = await up();
    expect(stderr).toContain('rough is up');
    expect(code).toBe(0);
    await roadstead.ok('kubeconfig', '-f', file, '--use');
    expect(await planLines(roadstead, '-f', file, '--channel', channel)).toEqual([]);
  });

  it('an image that cannot be pulled fails with pod and reason', async () => {
    await component('broken', deployment('broken', 'registry.invalid/shop/api:1.0', ''));
    await failsWith(
      /Deployment.* (default\/)?broken/,
      /broken-[a-z0-9]+-[a-z0-9]+/,
      /ErrImagePull|ImagePullBackOff/,
      'registry.invalid',
    );
  });

  it('a crash loop fails with pod, reason and the last words of its container', async () => {
    const command = '          command: [sh, -c, "echo cannot open the database; exit 1"]\n';
    await component('broken', deployment('broken', 'busybox:1.37', command));
    await failsWith(/broken-[a-z0-9]+-[a-z0-9]+/, /CrashLoopBackOff|exit(ed|s)?.*1/, 'cannot open the database');
  });

  it('is no better for being run again: what is not ready is not verified, though nothing is left to change', async () => {
    expect(await planLines(roadstead, '-f', file, '--channel', channel)).toEqual([]);
    await failsWith(/broken-[a-z0-9]+-[a-z0-9]+/, /CrashLoopBackOff|exit(ed|s)?.*1/);
    const { stdout } = await roadstead.ok('status', '-f', file, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ run: { state: 'failed', failure: { code: 'KUBE_NOT_READY' } } });
  });

  it('goes on when the cause is gone, and takes away what the channel has no more', async () => {
    await rm(join(channel, 'manifests/broken'), { recursive: true });
    const { code, stderr } = await up();
    expect(code, stderr).toBe(0);
    expect(await planLines(roadstead, '-f', file, '--channel', channel)).toEqual([]);
    expect(await kubectl(sandbox, 'get', 'deployments', '-n', 'default', '-o', 'name')).toBe('');
  });
});

describe('on the way down', () => {
  let vpc = '';
  let subnet = '';
  let privateSubnet = '';

  beforeAll(async () => {
    const { Stacks } = await aws<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
      sandbox,
      'cloudformation',
      'describe-stacks',
      '--stack-name',
      'roadstead-rough-network',
    );
    const outputs = new Map(Stacks[0]?.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    vpc = outputs.get('VpcId') ?? '';
    subnet = [...outputs].find(([key]) => /^PublicSubnet/.test(key))?.[1] ?? '';
    privateSubnet = [...outputs].find(([key]) => /^PrivateSubnet/.test(key))?.[1] ?? '';
    await kubectl(sandbox, 'apply', '-f', await clusterFile(shop));
    await kubectl(sandbox, 'wait', 'pod/keeper', '--for=condition=Ready', '--timeout=120s');
    await kubectl(sandbox, 'wait', 'service/front', '--for=jsonpath={.status.loadBalancer.ingress}', '--timeout=120s');
  });

  it('what others made in the VPC blocks it before anything is deleted, and each is named with its maker', async () => {
    const group = await aws<{ GroupId: string }>(
      sandbox,
      ...['ec2', 'create-security-group', '--group-name', 'bastion', '--description', 'for the bastion'],
      ...['--vpc-id', vpc, '--tag-specifications', 'ResourceType=security-group,Tags=[{Key=team,Value=data}]'],
    );
    const card = await aws<{ NetworkInterface: { NetworkInterfaceId: string } }>(
      sandbox,
      ...['ec2', 'create-network-interface', '--subnet-id', subnet, '--description', 'a scanner of the audit team'],
    );
    const image = '/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/standard/recommended/image_id';
    const { Parameter } = await aws<{ Parameter: { Value: string } }>(
      sandbox,
      ...['ssm', 'get-parameter', '--name', image],
    );
    const { Instances } = await aws<{ Instances: { InstanceId: string }[] }>(
      sandbox,
      ...['ec2', 'run-instances', '--image-id', Parameter.Value],
      ...['--instance-type', 'm6i.large', '--subnet-id', subnet, '--security-group-ids', group.GroupId],
      ...['--tag-specifications', 'ResourceType=instance,Tags=[{Key=owner,Value=alice}]'],
    );
    const instance = Instances[0]?.InstanceId ?? '';
    await aws(sandbox, ...classicBalancer('theirs', subnet, group.GroupId, 'Key=team,Value=web'));
    const cardId = card.NetworkInterface.NetworkInterfaceId;
    const seq = await lastSeq(sandbox);
    const { code, stderr } = await roadstead.run('down', '-f', file, '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain(`security group ${group.GroupId} (bastion), made by team=data`);
    expect(stderr).toContain(`network interface ${cardId}, made by "a scanner of the audit team"`);
    expect(stderr).toContain(`instance ${instance}, made by owner=alice`);
    expect(stderr).toContain('classic load balancer theirs, made by team=web');
    expect(stderr).toContain('Nothing was deleted');
    expect(await mutations(sandbox, seq)).toEqual([]);
    expect(await kubectl(sandbox, 'get', 'service', 'front', '-o', 'name')).toContain('front');
    await aws(sandbox, 'elb', 'delete-load-balancer', '--load-balancer-name', 'theirs');
    await aws(sandbox, 'ec2', 'terminate-instances', '--instance-ids', instance);
    await aws(sandbox, 'ec2', 'wait', 'instance-terminated', '--instance-ids', instance);
    await aws(sandbox, 'ec2', 'delete-network-interface', '--network-interface-id', cardId);
    await aws(sandbox, 'ec2', 'delete-security-group', '--group-id', group.GroupId);
  });

  it('so does what leads out of the VPC, runs in its control plane or hangs on its roles; the commands that are named clear the way', async () => {
    const planted = await plantInTheWay(sandbox, vpc, privateSubnet);
    const seq = await lastSeq(sandbox);
    const { code, stderr } = await roadstead.run('down', '-f', file, '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain(`VPN gateway ${planted.vpnGateway}, made by team=net`);
    expect(stderr).toContain(
      `VPC peering connection ${planted.peering} with ${planted.otherVpc} of account 123456789012, made by account 123456789012`,
    );
    expect(stderr).toContain('Fargate profile batch, made by owner=bob');
    expect(stderr).toMatch(/policy CloudWatchAgentServerPolicy on role \S+, made by unknown/);
    expect(stderr).toContain(`ingress rule of security group ${planted.defaultGroup} (default) that names`);
    expect(stderr).toContain('Nothing was deleted');
    expect(await mutations(sandbox, seq)).toEqual([]);
    const commands = [...stderr.matchAll(/: (aws .+)$/gm)].map(([, command = '']) => command);
    expect(commands).toHaveLength(5);
    for (const command of commands) demandSuccess(command, await sandbox.run('bash', ['-c', command]));
    await aws(
      sandbox,
      ...['eks', 'wait', 'fargate-profile-deleted', '--cluster-name', 'rough', '--fargate-profile-name', 'batch'],
    );
    await aws(sandbox, 'ec2', 'delete-vpn-gateway', '--vpn-gateway-id', planted.vpnGateway);
    await aws(sandbox, 'ec2', 'delete-vpc', '--vpc-id', planted.otherVpc);
    await aws(sandbox, 'iam', 'delete-role', '--role-name', 'rough-fargate');
  });

  it('half done, it says what is still there, and up makes the cluster whole again', async () => {
    await fault({
      service: 'eks',
      operation: 'DeleteCluster',
      action: { kind: 'error', code: 'InvalidRequestException', message: 'Not today.', status: 400 },
    });
    const { code, stderr } = await roadstead.run('down', '-f', file, '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('Not today.');
    expect(stderr).toMatch(/cluster rough: not removed yet/);
    const { nodegroups } = await aws<{ nodegroups: string[] }>(
      sandbox,
      ...['eks', 'list-nodegroups', '--cluster-name', 'rough'],
    );
    expect(nodegroups).toEqual([]);
    await clearFaults();
    const again = await up();
    expect(again.code, again.stderr).toBe(0);
    expect(await planLines(roadstead, '-f', file, '--channel', channel)).toEqual([]);
  });

  it('takes load balancers away, and keeps volumes with what they cost until it is told to delete them', async () => {
    await kubectl(sandbox, 'apply', '-f', await clusterFile(shop));
    await kubectl(sandbox, 'wait', 'service/front', '--for=jsonpath={.status.loadBalancer.ingress}', '--timeout=120s');
    const classic = () => countOf('elb', 'describe-load-balancers', 'LoadBalancerDescriptions');
    expect(await classic()).toBe(1);
    // What is left of a Service that somebody removed by force.
    const owned = 'Key=kubernetes.io/cluster/rough,Value=owned';
    const { GroupId } = await aws<{ GroupId: string }>(
      sandbox,
      ...['ec2', 'create-security-group', '--group-name', 'k8s-elb-orphan', '--description', 'of an orphan'],
      ...['--vpc-id', vpc, '--tag-specifications', `ResourceType=security-group,Tags=[{${owned}}]`],
    );
    await aws(sandbox, ...classicBalancer('orphan', subnet, GroupId, owned));
    const kept = receiptOf(
      (await roadstead.ok('down', '-f', file, '--yes', '--delete-logs', '--output', 'json')).stdout,
    );
    const volumes = kept.stayed.filter(({ what }) => /^volume vol-\w+ \(default\/data, 4 GiB\)/.test(what));
    expect(volumes).toMatchObject([{ why: 'volumes are kept by policy', monthlyUsd: 0.32 }]);
    expect(kept.removed).toContain('classic load balancer orphan');
    expect(kept.removed).toContain(`security group ${GroupId} (k8s-elb-orphan)`);
    expect(await classic()).toBe(0);
    expect(await countOf('ec2', 'describe-volumes', 'Volumes')).toBe(1);
    const deleted = receiptOf(
      (await roadstead.ok('down', '-f', file, '--yes', '--delete-volumes', '--output', 'json')).stdout,
    );
    expect(deleted.removed).toEqual([expect.stringMatching(/^volume vol-/)]);
    expect(deleted.stayed).toEqual([]);
    expect(await countOf('ec2', 'describe-volumes', 'Volumes')).toBe(0);
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
  });
});

/** A claim in use and a Service with a load balancer. */
const shop = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {accessModes: [ReadWriteOnce], storageClassName: standard, resources: {requests: {storage: 4Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: keeper, namespace: default, labels: {app: keeper}}
spec:
  containers:
    - {name: redis, image: "redis:7.4", volumeMounts: [{name: data, mountPath: /data}]}
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: default}
spec: {type: LoadBalancer, selector: {app: keeper}, ports: [{port: 80, targetPort: 6379}]}
`;

interface Receipt {
  readonly removed: readonly string[];
  readonly stayed: readonly { readonly what: string; readonly why: string; readonly monthlyUsd?: number }[];
}

function receiptOf(stdout: string): Receipt {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  const receipt = lines.find(({ type }) => type === 'receipt');
  if (receipt === undefined) throw new Error(`there is no receipt in\n${stdout}`);
  return receipt as unknown as Receipt;
}

async function stackStatus(stack: string): Promise<string | undefined> {
  const name = `roadstead-rough-${stack}`;
  const { Stacks } = await aws<{ Stacks: { StackStatus: string }[] }>(
    sandbox,
    ...['cloudformation', 'describe-stacks', '--stack-name', name],
  );
  return Stacks[0]?.StackStatus;
}

async function countOf(service: string, operation: string, member: string): Promise<number> {
  const answer = await aws<Record<string, unknown[]>>(sandbox, service, operation);
  return answer[member]?.length ?? 0;
}

async function component(name: string, text: string): Promise<void> {
  const folder = join(channel, 'manifests', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'all.yaml'), text);
}

function deployment(name: string, image: string, command: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: main
          image: ${image}
${command}`;
}
