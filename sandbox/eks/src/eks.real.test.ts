import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyArn } from './access/policy-rules.ts';
import { KubeClient } from './kube/kube-client.ts';
import { type Members, records, requiredText, text, within } from './shared/read.ts';
import { type KubeUser, kubeUser } from './testing/kube-user.ts';
import { lostGroup, playNodes } from './testing/node-double.ts';
import { account, place, type RealSandbox, startRealSandbox } from './testing/real-sandbox.ts';
import { eksToken, type Keys } from './testing/sign.ts';
import { eventually, makeWorld, type World } from './testing/world.ts';

let sandbox: RealSandbox;
let world: World;
let user: KubeUser;
let admin: KubeClient;
const nodes = new AbortController();
let playing: Promise<void>;

/** Why the instances of the lost group cannot join, once somebody knows. */
let reason: string | undefined;
const whyNotJoined = () => reason;

const clusterName = 'shop';
const describeCluster = async () => within(await sandbox.call('DescribeCluster', { name: clusterName }), 'cluster');
const active = () => eventually(describeCluster, (cluster) => text(cluster, 'status') === 'ACTIVE');
const token = (keys: Keys, change: Partial<Parameters<typeof eksToken>[0]> = {}) =>
  eksToken({ cluster: clusterName, keys, region: place.region, nowMs: Date.now(), ...change });

/** A role that everybody of the account may assume, and keys of a session of it. */
async function session(name: string): Promise<{ readonly arn: string; readonly keys: Keys }> {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
  };
  const made = await sandbox.aws('iam', 'CreateRole', {
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify(trust),
  });
  const arn = requiredText(within(made, 'Role'), 'Arn');
  const assumed = await sandbox.aws('sts', 'AssumeRole', { RoleArn: arn, RoleSessionName: 'jane' });
  const credentials = within(assumed, 'Credentials');
  const keys = {
    accessKeyId: requiredText(credentials, 'AccessKeyId'),
    secretAccessKey: requiredText(credentials, 'SecretAccessKey'),
    sessionToken: requiredText(credentials, 'SessionToken'),
  };
  return { arn, keys };
}

beforeAll(async () => {
  sandbox = await startRealSandbox({ nodes: { readyCount: () => Number.POSITIVE_INFINITY, whyNotJoined } });
  world = await makeWorld(sandbox);
  playing = playNodes(sandbox, sandbox.eks.clusters, nodes.signal);
  const made = await sandbox.call('CreateCluster', {
    name: clusterName,
    version: '1.35',
    roleArn: world.clusterRoleArn,
    resourcesVpcConfig: { subnetIds: world.subnetIds },
    accessConfig: { authenticationMode: 'API' },
    bootstrapSelfManagedAddons: false,
    logging: { clusterLogging: [{ types: ['audit'], enabled: true }] },
  });
  expect(text(within(made, 'cluster'), 'status')).toBe('CREATING');
  const cluster = await active();
  const caPem = Buffer.from(requiredText(within(cluster, 'certificateAuthority'), 'data'), 'base64').toString();
  user = kubeUser(requiredText(cluster, 'endpoint'), caPem);
  const [view] = sandbox.eks.clusters.list();
  if (view === undefined) throw new Error('no cluster');
  admin = new KubeClient({ endpoint: view.endpoint, caPem: view.caPem, ...view.admin });
});

afterAll(async () => {
  nodes.abort();
  await playing;
  await admin?.close();
  await user?.close();
  await sandbox?.close();
});

describe('a cluster of the sandbox', () => {
  it('has its security group, interfaces and log group in AWS', async () => {
    const groupId = requiredText(within(await describeCluster(), 'resourcesVpcConfig'), 'clusterSecurityGroupId');
    const groups = await sandbox.aws('ec2', 'DescribeSecurityGroups', { GroupIds: [groupId] });
    const [group] = records(groups, 'SecurityGroups');
    expect(text(group ?? {}, 'GroupName')).toMatch(/^eks-cluster-sg-shop-\d{9}$/);
    const found = await sandbox.aws('ec2', 'DescribeNetworkInterfaces', {
      Filters: [{ Name: 'group-id', Values: [groupId] }],
    });
    expect(
      records(found, 'NetworkInterfaces')
        .map((one) => text(one, 'SubnetId'))
        .toSorted(),
    ).toEqual([...world.subnetIds].toSorted());
    const logs = await sandbox.aws('logs', 'DescribeLogGroups', {});
    expect(records(logs, 'logGroups').map((one) => text(one, 'logGroupName'))).toContain('/aws/eks/shop/cluster');
  });

  it('is refused a second time, and answers a repeated request with the same cluster', async () => {
    const wanted = {
      name: clusterName,
      roleArn: world.clusterRoleArn,
      resourcesVpcConfig: { subnetIds: world.subnetIds },
    };
    await expect(sandbox.call('CreateCluster', wanted)).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await expect(
      sandbox.call('CreateCluster', { ...wanted, name: 'other', roleArn: world.nodeRoleArn }),
    ).rejects.toThrow(/could not be assumed/);
    await expect(sandbox.call('CreateCluster', { ...wanted, name: 'other', version: '1.30' })).rejects.toThrow(
      /unsupported Kubernetes version/,
    );
  });

  it('serves its issuer documents over TLS', async () => {
    const issuer = requiredText(within(within(await describeCluster(), 'identity'), 'oidc'), 'issuer');
    const relying = kubeUser(issuer, sandbox.webhookCaPem);
    try {
      const document = await relying.get('/.well-known/openid-configuration', '');
      expect(document.body).toMatchObject({ issuer, jwks_uri: `${issuer}/keys` });
      expect(records((await relying.get('/keys', '')).body, 'keys')).toHaveLength(1);
    } finally {
      await relying.close();
    }
  });
});

describe('a bearer token', () => {
  it('of the creator is an admin by access policy, and not system:masters', async () => {
    const review = await user.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', token(sandbox.keys), {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    const info = within(within(review.body, 'status'), 'userInfo');
    expect(info).toMatchObject({ username: `arn:aws:iam::${account}:user/admin`, groups: ['system:authenticated'] });
    expect((await user.get('/api/v1/secrets', token(sandbox.keys))).status).toBe(200);
  });

  it.each<[string, () => string]>([
    ['with a wrong secret', () => token({ ...sandbox.keys, secretAccessKey: 'x'.repeat(40) })],
    ['of an unknown key', () => token({ ...sandbox.keys, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' })],
    ['for another cluster', () => token(sandbox.keys, { cluster: 'other' })],
    ['older than 15 minutes', () => token(sandbox.keys, { nowMs: Date.now() - 16 * 60_000 })],
    ['that signs another action', () => token(sandbox.keys, { action: 'GetSessionToken' })],
    ['that is no token at all', () => 'k8s-aws-v1.nonsense'],
  ])('%s gets 401', async (_title, make) => {
    expect((await user.get('/api/v1/namespaces', make())).status).toBe(401);
  });

  it('of a principal without an entry gets 401', async () => {
    const stranger = await session('stranger');
    expect((await user.get('/api/v1/namespaces', token(stranger.keys))).status).toBe(401);
  });

  it('is worth what its policies say, in their scope', async () => {
    const viewer = await session('viewer');
    const on = { clusterName, principalArn: viewer.arn };
    await sandbox.call('CreateAccessEntry', { ...on, kubernetesGroups: ['roadstead:read-only'] });
    const read = (path: string) =>
      eventually(
        () => user.get(path, token(viewer.keys)),
        (answer) => answer.status !== 401,
        10,
      );
    expect((await read('/api/v1/namespaces/default/pods')).status).toBe(403);
    await sandbox.call('AssociateAccessPolicy', {
      ...on,
      policyArn: policyArn('AmazonEKSViewPolicy'),
      accessScope: { type: 'namespace', namespaces: ['default'] },
    });
    const allowed = await eventually(
      () => user.get('/api/v1/namespaces/default/pods', token(viewer.keys)),
      (answer) => answer.status === 200,
      10,
    );
    expect(allowed.status).toBe(200);
    expect((await read('/api/v1/namespaces/default/secrets')).status).toBe(403);
    expect((await read('/api/v1/namespaces/kube-system/pods')).status).toBe(403);
    await sandbox.call('DeleteAccessEntry', on);
    const gone = await eventually(
      () => user.get('/api/v1/namespaces/default/pods', token(viewer.keys)),
      (answer) => answer.status === 401,
      10,
    );
    expect(gone.status).toBe(401);
  });

  it('of a role made anew under the old name gets 401', async () => {
    const first = await session('phoenix');
    await sandbox.call('CreateAccessEntry', { clusterName, principalArn: first.arn });
    await sandbox.aws('iam', 'DeleteRole', { RoleName: 'phoenix' });
    const second = await session('phoenix');
    expect((await user.get('/api/v1/namespaces', token(second.keys))).status).toBe(401);
  });

  it('cannot be given to a principal that does not exist', async () => {
    const refused = sandbox.call('CreateAccessEntry', {
      clusterName,
      principalArn: `arn:aws:iam::${account}:role/nobody`,
    });
    await expect(refused).rejects.toThrow(/invalid principal/);
  });
});

const describeAddon = async (addonName: string) =>
  within(await sandbox.call('DescribeAddon', { clusterName, addonName }), 'addon');
const addonIs = (name: string, status: string) =>
  eventually(
    () => describeAddon(name),
    (addon) => text(addon, 'status') === status,
  );

describe('an add-on', () => {
  it('installs objects under manager eks and is DEGRADED while no node takes its pods', async () => {
    await sandbox.call('CreateAddon', {
      clusterName,
      addonName: 'vpc-cni',
      configurationValues: JSON.stringify({ env: { WARM_ENI_TARGET: '2' } }),
    });
    await sandbox.call('CreateAddon', { clusterName, addonName: 'coredns' });
    await addonIs('vpc-cni', 'ACTIVE');
    const daemon = await admin.get({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      namespace: 'kube-system',
      name: 'aws-node',
    });
    expect(JSON.stringify(daemon)).toContain('{"name":"WARM_ENI_TARGET","value":"2"}');
    expect(records(within(daemon ?? {}, 'metadata'), 'managedFields').map((one) => text(one, 'manager'))).toContain(
      'eks',
    );
    const degraded = await addonIs('coredns', 'DEGRADED');
    expect(records(within(degraded, 'health'), 'issues')).toMatchObject([{ code: 'InsufficientNumberOfReplicas' }]);
  });

  it('is refused with values that its schema does not know', async () => {
    const refused = sandbox.call('CreateAddon', {
      clusterName,
      addonName: 'kube-proxy',
      configurationValues: '{"replicas": 1}',
    });
    await expect(refused).rejects.toThrow(/Json schema validation failed/);
  });

  it('does not take what somebody else owns unless told', async () => {
    const mine: Parameters<KubeClient['apply']>[0] = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy-config', namespace: 'kube-system' },
      data: { config: 'mine' },
    };
    await admin.apply(mine, { fieldManager: 'somebody', force: true });
    await sandbox.call('CreateAddon', { clusterName, addonName: 'kube-proxy' });
    const failed = await addonIs('kube-proxy', 'CREATE_FAILED');
    const [issue] = records(within(failed, 'health'), 'issues');
    expect(issue).toMatchObject({ code: 'ConfigurationConflict' });
    expect(text(issue ?? {}, 'message')).toContain('ConfigMap kube-proxy-config - .data.config');
    await sandbox.call('UpdateAddon', { clusterName, addonName: 'kube-proxy', resolveConflicts: 'PRESERVE' });
    await addonIs('kube-proxy', 'ACTIVE');
    const kept = await admin.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: 'kube-proxy-config',
    });
    expect(text(within(kept ?? {}, 'data'), 'config')).toBe('mine');
    await sandbox.call('UpdateAddon', { clusterName, addonName: 'kube-proxy', resolveConflicts: 'OVERWRITE' });
    const read = async () =>
      within(
        (await admin.get({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          namespace: 'kube-system',
          name: 'kube-proxy-config',
        })) ?? {},
        'data',
      );
    await eventually(read, (data) => text(data, 'config') !== 'mine');
    await addonIs('kube-proxy', 'ACTIVE');
  });

  it('is watched after its failed creation was mended too', async () => {
    const daemon = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'kube-system', name: 'kube-proxy' };
    await admin.delete(daemon);
    const degraded = await addonIs('kube-proxy', 'DEGRADED');
    expect(records(within(degraded, 'health'), 'issues')).toMatchObject([{ code: 'K8sResourceNotFound' }]);
    await sandbox.call('UpdateAddon', { clusterName, addonName: 'kube-proxy', resolveConflicts: 'OVERWRITE' });
    await addonIs('kube-proxy', 'ACTIVE');
  });
});

const groupName = 'app';
const describeGroup = async () =>
  within(await sandbox.call('DescribeNodegroup', { clusterName, nodegroupName: groupName }), 'nodegroup');
const groupIs = (status: string) => eventually(describeGroup, (group) => text(group, 'status') === status, 90);

describe('a node group', () => {
  const wanted = () => ({
    clusterName,
    nodegroupName: groupName,
    nodeRole: world.nodeRoleArn,
    subnets: world.subnetIds,
    instanceTypes: ['m5.large'],
    scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 2 },
    labels: { pool: 'app' },
  });

  it('is ACTIVE when its nodes are Ready, and makes what EKS makes', async () => {
    const made = await sandbox.call('CreateNodegroup', wanted());
    expect(text(within(made, 'nodegroup'), 'status')).toBe('CREATING');
    const group = await groupIs('ACTIVE');
    const [asg] = records(within(group, 'resources'), 'autoScalingGroups');
    const asgName = requiredText(asg ?? {}, 'name');
    const found = await sandbox.aws('autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: [asgName] });
    const tags = records(records(found, 'AutoScalingGroups')[0] ?? {}, 'Tags').map((tag) => `${tag.Key}=${tag.Value}`);
    expect(tags).toEqual(
      expect.arrayContaining([
        'eks:cluster-name=shop',
        'eks:nodegroup-name=app',
        'k8s.io/cluster-autoscaler/shop=owned',
      ]),
    );
    const entries = await sandbox.call('ListAccessEntries', { clusterName });
    expect(entries.accessEntries).toContain(world.nodeRoleArn);
    await addonIs('coredns', 'ACTIVE');
  });

  it('changes sizes, and labels on the nodes that are there', async () => {
    const change = {
      clusterName,
      nodegroupName: groupName,
      scalingConfig: { minSize: 1, maxSize: 4, desiredSize: 3 },
      labels: { addOrUpdateLabels: { tier: 'gold' } },
    };
    const both = await Promise.allSettled([1, 2].map(() => sandbox.call('UpdateNodegroupConfig', change)));
    const [first] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toMatchObject([{ code: 'ResourceInUseException' }]);
    const started = within(first ?? {}, 'update');
    await groupIs('ACTIVE');
    const ended = await sandbox.call('DescribeUpdate', {
      name: clusterName,
      nodegroupName: groupName,
      updateId: started.id,
    });
    expect(within(ended, 'update')).toMatchObject({ status: 'Successful', type: 'ConfigUpdate', errors: [] });
    const labelled = await admin.list(
      { apiVersion: 'v1', kind: 'Node' },
      `labelSelector=${encodeURIComponent('tier=gold')}`,
    );
    expect(labelled.length).toBeGreaterThanOrEqual(2);
  });

  it('whose instances cannot join fails when the time of EKS is over, not that of a slow machine', async () => {
    const lost = { clusterName, nodegroupName: lostGroup };
    const described = async () => within(await sandbox.call('DescribeNodegroup', lost), 'nodegroup');
    await sandbox.call('CreateNodegroup', { ...wanted(), ...lost });
    await eventually(described, (group) => group.resources !== undefined);
    const begun = performance.now();
    // Twenty minutes at factor 600 are two seconds: while nothing is known against its instances, it goes on.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(await described()).toMatchObject({ status: 'CREATING' });
    reason = 'no way out';
    const failed = await eventually(described, (group) => text(group, 'status') === 'CREATE_FAILED', 20);
    expect(performance.now() - begun).toBeLessThan(30_000);
    const [issue] = records(within(failed, 'health'), 'issues');
    expect(issue).toMatchObject({ code: 'NodeCreationFailure' });
    expect(issue?.resourceIds).toHaveLength(2);
    await sandbox.call('DeleteNodegroup', lost);
    await eventually(
      () => sandbox.call('ListNodegroups', { clusterName }),
      (answer) => !(answer.nodegroups as readonly string[]).includes(lostGroup),
    );
  });

  it('keeps its cluster from being deleted', async () => {
    await expect(sandbox.call('DeleteCluster', { name: clusterName })).rejects.toThrow(/nodegroups attached/);
  });
});

describe('versions', () => {
  const gitVersion = async () => requiredText((await user.get('/version', token(sandbox.keys))).body, 'gitVersion');
  const move = async (version: string) => {
    const started = within(await sandbox.call('UpdateClusterVersion', { name: clusterName, version }), 'update');
    expect(text(await describeCluster(), 'status')).toBe('UPDATING');
    await active();
    return within(await sandbox.call('DescribeUpdate', { name: clusterName, updateId: started.id }), 'update');
  };

  it('go up by one, with nodes after, and the objects stay', async () => {
    expect(await gitVersion()).toMatch(/^v1\.35\./);
    await expect(sandbox.call('UpdateClusterVersion', { name: clusterName, version: '1.37' })).rejects.toThrow(
      /unsupported/,
    );
    expect(await move('1.36')).toMatchObject({ status: 'Successful', type: 'VersionUpdate' });
    expect(await gitVersion()).toMatch(/^v1\.36\./);
    const daemon = await admin.get({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      namespace: 'kube-system',
      name: 'aws-node',
    });
    expect(daemon).toBeDefined();
  });

  const roll = async (change: Record<string, unknown>) => {
    const started = await sandbox.call('UpdateNodegroupVersion', { clusterName, nodegroupName: groupName, ...change });
    await groupIs('ACTIVE');
    const updateId = within(started, 'update').id;
    return within(
      await sandbox.call('DescribeUpdate', { name: clusterName, nodegroupName: groupName, updateId }),
      'update',
    );
  };

  it('roll nodes one by one onto a new release', async () => {
    const before = await instancesOf();
    const update = await roll({ version: '1.36', releaseVersion: '1.36.2-20261013' });
    expect(update).toMatchObject({ status: 'Successful', errors: [] });
    const after = await instancesOf();
    expect(after).toHaveLength(3);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    const scalingConfig = { minSize: 1, maxSize: 4, desiredSize: 3 };
    expect(await describeGroup()).toMatchObject({ version: '1.36', releaseVersion: '1.36.2-20261013', scalingConfig });
  });

  it('do not roll past a disruption budget unless forced', async () => {
    await applyGuarded(admin);
    const blocked = await roll({ releaseVersion: '1.36.3-20261109' });
    expect(blocked).toMatchObject({ status: 'Failed', errors: [{ errorCode: 'PodEvictionFailure' }] });
    expect(await describeGroup()).toMatchObject({ releaseVersion: '1.36.2-20261013', status: 'ACTIVE' });
    const forced = await roll({ releaseVersion: '1.36.3-20261109', force: true });
    expect(forced).toMatchObject({ status: 'Successful', errors: [] });
    expect(await describeGroup()).toMatchObject({ releaseVersion: '1.36.3-20261109' });
    await admin.delete({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'guarded' });
  });

  it('do not go back to an older image', async () => {
    const back = roll({ releaseVersion: '1.36.2-20261013' });
    await expect(back).rejects.toThrow(/cannot be rolled back to an earlier AMI version/);
  });
});

/** A pod, and a budget that never lets it go. */
async function applyGuarded(kube: KubeClient): Promise<void> {
  const labels = { app: 'guarded' };
  const metadata = { name: 'guarded', namespace: 'default' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }],
        },
      },
    },
  };
  await kube.apply(deployment, { fieldManager: 'test', force: true });
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  };
  await kube.apply(budget, { fieldManager: 'test', force: true });
  const ready = async () => within((await kube.get({ ...deployment, ...metadata })) ?? {}, 'status');
  await eventually(ready, (status) => status.availableReplicas === 1);
}

async function instancesOf(): Promise<readonly string[]> {
  const found = await sandbox.aws('autoscaling', 'DescribeAutoScalingGroups', {});
  return records(found, 'AutoScalingGroups')
    .flatMap((group: Members) => records(group, 'Instances'))
    .map((one) => text(one, 'InstanceId') ?? '');
}

describe('deletion', () => {
  it('of the node group takes group, template, profile and access entry', async () => {
    await sandbox.call('DeleteNodegroup', { clusterName, nodegroupName: groupName });
    await eventually(
      () => sandbox.call('ListNodegroups', { clusterName }),
      (answer) => (answer.nodegroups as readonly string[]).length === 0,
    );
    expect(await instancesOf()).toEqual([]);
    expect(records(await sandbox.aws('ec2', 'DescribeLaunchTemplates'), 'LaunchTemplates')).toEqual([]);
    expect(records(await sandbox.aws('iam', 'ListInstanceProfiles'), 'InstanceProfiles')).toEqual([]);
    expect((await sandbox.call('ListAccessEntries', { clusterName })).accessEntries).not.toContain(world.nodeRoleArn);
  });

  it('is refused under deletion protection, and then leaves nothing but the log group', async () => {
    await sandbox.call('UpdateClusterConfig', { name: clusterName, deletionProtection: true });
    await active();
    await expect(sandbox.call('DeleteCluster', { name: clusterName })).rejects.toThrow(/deletion protection/);
    await sandbox.call('UpdateClusterConfig', { name: clusterName, deletionProtection: false });
    const cluster = await active();
    await sandbox.call('DeleteCluster', { name: clusterName });
    await eventually(
      () => sandbox.call('ListClusters'),
      (answer) => (answer.clusters as readonly string[]).length === 0,
    );
    await expect(user.get('/version', token(sandbox.keys))).rejects.toThrow();
    expect(await sandbox.filesUnder('clusters')).toEqual([]);
    const groupId = requiredText(within(cluster, 'resourcesVpcConfig'), 'clusterSecurityGroupId');
    await expect(sandbox.aws('ec2', 'DescribeSecurityGroups', { GroupIds: [groupId] })).rejects.toMatchObject({
      code: 'InvalidGroup.NotFound',
    });
    const left = await sandbox.aws('ec2', 'DescribeNetworkInterfaces', {
      Filters: [{ Name: 'vpc-id', Values: [world.vpcId] }],
    });
    expect(records(left, 'NetworkInterfaces')).toEqual([]);
    expect(records(await sandbox.aws('logs', 'DescribeLogGroups', {}), 'logGroups')).toHaveLength(1);
    expect(sandbox.eks.inventory()).toEqual([]);
  });

  it('never gave an answer that breaks the service model', () => {
    expect(sandbox.gateway.violations).toEqual([]);
  });
});
