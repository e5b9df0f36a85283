import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { Clock } from '@roadstead/foundation';
import { beforeEach, describe, expect, it } from 'vitest';
import { noLeftovers } from '../down/leftovers.ts';
import { orderDownChanges, planDown } from '../down/plan-down.ts';
import { receiptOf } from '../down/receipt.ts';
import { inputsFromObserved } from '../inputs/inputs-from-observed.ts';
import { observe } from '../observe/observe.ts';
import { exampleGroup, examplePoolStack, exampleRelease } from '../testing/example-release.ts';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { awsException } from '../testing/fake-handler.ts';
import { fakeContext, ownRole, runBatches } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { orderAwsChanges } from './order.ts';
import { planAws } from './plan-aws.ts';

let clock: Clock;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
});

async function plan(release: Release, verifiedDigest?: string) {
  const observed = await observe(aws.reader, release, { clock });
  return planAws({
    release,
    observed,
    ownPrincipalArn: ownRole,
    ...(verifiedDigest === undefined ? {} : { verifiedDigest }),
  });
}

async function up(release: Release, runId = 'run-1') {
  const { changes, refusals } = await plan(release);
  expect(refusals).toEqual([]);
  const context = fakeContext(aws, clock, runId);
  await runBatches(context, orderAwsChanges(changes), release);
  return { changes, told: context.told };
}

async function down() {
  const identity = { cluster: { name: 'shop', account: '123456789012', region: 'eu-central-1' } };
  const observed = await observe(aws.reader, identity, { clock, drift: false });
  const planned = planDown(observed, noLeftovers);
  await runBatches(fakeContext(aws, clock, 'run-down'), orderDownChanges(planned.changes));
  return planned;
}

const lines = (changes: readonly Change[]) =>
  changes.map((change) => `${change.action} ${change.id}: ${change.fields.map(({ path }) => path).join(', ')}`);

describe('up on an empty account', () => {
  it('plans everything in the order in which it can be made, with what is known only later', async () => {
    const { changes } = await plan(exampleRelease());
    expect(changes.map(({ id }) => id)).toEqual([
      'stack/network',
      'stack/foundation',
      'eks/cluster',
      'logs/retention',
      `eks/access-entry/${ownRole}`,
      'eks/access-entry/arn:aws:iam::123456789012:role/developer',
      'eks/pod-identity/external-dns/external-dns',
      'eks/add-on/vpc-cni',
      'stack/pool-app',
      'stack/pool-system',
      'eks/node-group/app-eu-central-1a-3f2a91c0',
      'eks/node-group/app-eu-central-1b-3f2a91c0',
      'eks/node-group/system-eu-central-1a-99aa00ff',
      'eks/node-group/system-eu-central-1b-99aa00ff',
      'eks/add-on/coredns',
    ]);
    const cluster = changes.find(({ id }) => id === 'eks/cluster');
    expect(cluster?.knownAfter).toEqual(['known after foundation', 'known after network']);
    expect(cluster?.fields).toContainEqual({ path: 'roleArn', to: '(known after foundation)' });
    expect(changes.every((change) => change.class === 'safe')).toBe(true);
  });

  it('makes it, and then plans nothing', async () => {
    await up(exampleRelease());
    expect((await plan(exampleRelease())).changes).toEqual([]);
    const taken = aws.taken.length;
    const again = await up(exampleRelease(), 'run-2');
    expect(again.changes).toEqual([]);
    expect(aws.taken).toHaveLength(taken);
  });

  it('lets Roadstead in first, protects what everything stands on, and never asks for creator admin', async () => {
    await up(exampleRelease());
    expect([...aws.eks.entries.keys()][0]).toBe(ownRole);
    expect(aws.eks.entries.get(ownRole)?.policies.size).toBe(1);
    expect(aws.stacks.live.get('roadstead-shop-network')?.protected).toBe(true);
    expect(aws.stacks.live.get('roadstead-shop-pool-app')?.protected).toBe(false);
    expect(aws.eks.clusters.get('shop')?.accessConfig).toEqual({
      authenticationMode: 'API',
      bootstrapClusterCreatorAdminPermissions: false,
    });
  });

  it('tells each resource with its time and what is usual', async () => {
    const { told } = await up(exampleRelease());
    expect(told).toContainEqual(
      expect.objectContaining({
        changeId: 'stack/network',
        resource: 'Nata (AWS::EC2::NatGateway)',
        usualSeconds: 105,
      }),
    );
    expect(told).toContainEqual(
      expect.objectContaining({ changeId: 'eks/cluster', status: 'CREATING', reason: 'the control plane' }),
    );
  });

  it('reads the inputs back from what is there', async () => {
    await up(exampleRelease());
    const observed = await observe(aws.reader, exampleRelease(), { clock });
    expect(inputsFromObserved(observed)).toEqual({
      zones: [
        { name: 'eu-central-1a', id: 'euc1-az3' },
        { name: 'eu-central-1b', id: 'euc1-az1' },
      ],
      amiReleases: { '1.36/arm64': '1.36.2-20261101' },
      addonVersions: { 'vpc-cni': 'v1.21.0-eksbuild.1', coredns: 'v1.13.0-eksbuild.2' },
      instanceTypes: {},
    });
  });
});

interface Drift {
  readonly name: string;
  readonly meddle: () => void;
  readonly expect: string[];
}

describe('the world changed behind our back', () => {
  const drifts: Drift[] = [
    {
      name: "a node group's max",
      meddle: () => {
        const group = aws.eks.nodeGroups.get('app-eu-central-1a-3f2a91c0');
        if (group !== undefined) group.scalingConfig = { minSize: 1, maxSize: 9, desiredSize: 4 };
      },
      expect: ['update eks/node-group/app-eu-central-1a-3f2a91c0: scalingConfig.maxSize'],
    },
    {
      name: "a node group's labels",
      meddle: () => {
        const group = aws.eks.nodeGroups.get('app-eu-central-1a-3f2a91c0');
        if (group !== undefined) group.labels = { nodeType: 'app', extra: 'x' };
      },
      expect: ['update eks/node-group/app-eu-central-1a-3f2a91c0: labels'],
    },
    {
      name: "an add-on's version",
      meddle: () => Object.assign(aws.eks.addons.get('coredns') ?? {}, { addonVersion: 'v1.12.0-eksbuild.1' }),
      expect: ['update eks/add-on/coredns: addonVersion'],
    },
    {
      name: 'a deleted access entry',
      meddle: () => aws.eks.entries.delete('arn:aws:iam::123456789012:role/developer'),
      expect: ['create eks/access-entry/arn:aws:iam::123456789012:role/developer: kubernetesGroups'],
    },
    {
      name: "an access entry's groups",
      meddle: () =>
        Object.assign(aws.eks.entries.get('arn:aws:iam::123456789012:role/developer') ?? {}, {
          kubernetesGroups: ['admins'],
        }),
      expect: ['update eks/access-entry/arn:aws:iam::123456789012:role/developer: kubernetesGroups'],
    },
    {
      name: 'a policy given to an entry',
      meddle: () =>
        aws.eks.entries.get('arn:aws:iam::123456789012:role/developer')?.policies.set('arn:x', { type: 'cluster' }),
      expect: ['update eks/access-entry/arn:aws:iam::123456789012:role/developer: accessPolicies'],
    },
    {
      name: 'a route',
      meddle: () =>
        aws.stacks.live
          .get('roadstead-shop-network')
          ?.drifted.set('Routea', { property: 'NatGatewayId', expected: 'nat-1', actual: 'nat-x' }),
      expect: ['update stack/network: Resources.Routea.Properties.NatGatewayId'],
    },
    {
      name: 'termination protection',
      meddle: () => Object.assign(aws.stacks.live.get('roadstead-shop-network') ?? {}, { protected: false }),
      expect: ['update stack/network: terminationProtection'],
    },
    {
      name: 'deletion protection and log types',
      meddle: () =>
        Object.assign(aws.eks.clusters.get('shop') ?? {}, {
          deletionProtection: false,
          logging: { clusterLogging: [{ types: ['api'], enabled: true }] },
        }),
      expect: ['update eks/cluster: logging, deletionProtection'],
    },
    {
      name: 'log retention',
      meddle: () => Object.assign(aws.eks.logGroups.get('/aws/eks/shop/cluster') ?? {}, { retentionInDays: 1 }),
      expect: ['update logs/retention: retentionInDays'],
    },
    {
      name: 'a pod identity association',
      meddle: () => {
        for (const association of aws.eks.associations.values()) association.roleArn = 'arn:other';
      },
      expect: ['update eks/pod-identity/external-dns/external-dns: roleArn'],
    },
    {
      name: 'a deleted node group',
      meddle: () => aws.eks.nodeGroups.delete('system-eu-central-1b-99aa00ff'),
      expect: [
        'create eks/node-group/system-eu-central-1b-99aa00ff: nodegroupName, nodeRole, subnets, instanceTypes, amiType, version, releaseVersion, launchTemplate.id, launchTemplate.version, scalingConfig.minSize, scalingConfig.maxSize, scalingConfig.desiredSize, labels.nodeType',
      ],
    },
    { name: 'the desired size, which is the autoscaler’s', meddle: () => setDesired(2), expect: [] },
    { name: 'an entry that somebody else made', meddle: () => foreignEntry(), expect: [] },
    { name: 'an add-on that somebody else made', meddle: () => foreignAddon(), expect: [] },
  ];

  it.each(drifts)('$name: exactly that line, and up mends it', async (drift) => {
    await up(exampleRelease());
    drift.meddle();
    const { changes } = await plan(exampleRelease(), 'digest-1');
    expect(lines(changes)).toEqual(drift.expect);
    expect(changes.filter(({ action }) => action === 'update').every((change) => change.drift === true)).toBe(true);
    await up(exampleRelease(), 'run-2');
    expect((await plan(exampleRelease())).changes).toEqual([]);
  });

  it('of a protection is mended by its own call, without a change set', async () => {
    await up(exampleRelease());
    Object.assign(aws.stacks.live.get('roadstead-shop-network') ?? {}, { protected: false });
    const { changes } = await plan(exampleRelease(), 'digest-1');
    aws.taken.length = 0;
    await runBatches(fakeContext(aws, clock, 'run-2'), orderAwsChanges(changes), exampleRelease());
    expect(aws.taken).toEqual(['cloudformation:UpdateTerminationProtection roadstead-shop-network']);
  });

  it('is not called drift when another release was verified last', async () => {
    await up(exampleRelease());
    Object.assign(aws.eks.addons.get('coredns') ?? {}, { addonVersion: 'v1.12.0-eksbuild.1' });
    const { changes } = await plan(exampleRelease(), 'digest-0');
    expect(changes[0]?.drift).toBeUndefined();
    expect(changes[0]?.why).toBe('addonVersion differs from what is declared');
  });

  function setDesired(desiredSize: number) {
    const group = aws.eks.nodeGroups.get('app-eu-central-1a-3f2a91c0');
    if (group !== undefined) group.scalingConfig = { minSize: 1, maxSize: 3, desiredSize };
  }

  function foreignEntry() {
    aws.eks.entries.set('arn:node', {
      principalArn: 'arn:node',
      type: 'EC2_LINUX',
      status: '',
      tags: {},
      policies: new Map(),
    });
  }

  function foreignAddon() {
    aws.eks.addons.set('adot', { addonName: 'adot', addonArn: 'arn:adot', status: 'ACTIVE', tags: {} });
  }
});

describe('a new release', () => {
  it('of another user data rolls the groups of that pool, which is known only after its stack', async () => {
    await up(exampleRelease());
    const release = withUserData('v2');
    const { changes } = await plan(release);
    expect(lines(changes)).toEqual([
      'update stack/pool-app: Resources.Template.Properties.LaunchTemplateData',
      'update eks/node-group/app-eu-central-1a-3f2a91c0: launchTemplate.version',
      'update eks/node-group/app-eu-central-1b-3f2a91c0: launchTemplate.version',
    ]);
    expect(changes.map((change) => change.class)).toEqual(['safe', 'rolling', 'rolling']);
    expect(changes[1]?.knownAfter).toEqual(['known after pool-app']);
    await up(release, 'run-2');
    expect((await plan(release)).changes).toEqual([]);
    expect(aws.eks.nodeGroups.get('app-eu-central-1a-3f2a91c0')?.launchTemplate).toMatchObject({ version: '2' });
  });

  it('without a pool deletes its groups, then its stack', async () => {
    await up(exampleRelease());
    const whole = exampleRelease();
    const release = exampleRelease({
      stacks: whole.stacks.filter(({ id }) => id !== 'pool-app'),
      eks: { ...whole.eks, nodeGroups: whole.eks.nodeGroups.filter(({ pool }) => pool !== 'app') },
    });
    const { changes } = await plan(release);
    expect(lines(changes).map((line) => line.split(':')[0])).toEqual([
      'delete eks/node-group/app-eu-central-1a-3f2a91c0',
      'delete eks/node-group/app-eu-central-1b-3f2a91c0',
      'delete stack/pool-app',
    ]);
    await up(release, 'run-2');
    expect([...aws.eks.nodeGroups.keys()]).toEqual(['system-eu-central-1a-99aa00ff', 'system-eu-central-1b-99aa00ff']);
    expect((await plan(release)).changes).toEqual([]);
  });

  it('with another instance type replaces a group by one of another name, new before old', async () => {
    await up(exampleRelease());
    const whole = exampleRelease();
    const replaced = exampleGroup('app', 'a', 'aaaa1111', { instanceTypes: ['m7g.xlarge'] });
    const release = exampleRelease({ eks: { ...whole.eks, nodeGroups: [replaced, ...whole.eks.nodeGroups.slice(1)] } });
    const { changes } = await plan(release);
    expect(lines(changes)).toEqual(['replace eks/node-group/app-eu-central-1a-aaaa1111: instanceTypes']);
    expect(changes[0]?.class).toBe('replace');
    aws.taken.length = 0;
    await up(release, 'run-2');
    expect(aws.taken).toEqual([
      'eks:CreateNodegroup app-eu-central-1a-aaaa1111',
      'eks:DeleteNodegroup app-eu-central-1a-3f2a91c0',
    ]);
    expect((await plan(release)).changes).toEqual([]);
  });

  it('of the next Kubernetes version is a line of its own and one-way', async () => {
    const before = exampleRelease();
    await up({
      ...before,
      kubernetes: '1.35',
      eks: { ...before.eks, cluster: { ...before.eks.cluster, version: '1.35' } },
    });
    const { changes } = await plan(before);
    expect(changes.map(({ id, class: level }) => `${id} ${level}`)).toEqual(['eks/cluster/version one-way']);
    await up(before, 'run-2');
    expect(aws.eks.clusters.get('shop')?.version).toBe('1.36');
  });

  it.each([
    ['1.38', 'VERSION_SKIPPED'],
    ['1.35', 'VERSION_DOWNGRADE'],
  ])('of Kubernetes %s is refused: %s', async (kubernetes, code) => {
    await up(exampleRelease());
    expect((await plan(exampleRelease({ kubernetes }))).refusals.map((refusal) => refusal.code)).toEqual([code]);
  });

  it('that would replace the cluster is refused', async () => {
    await up(exampleRelease());
    const whole = exampleRelease();
    const cluster = { ...whole.eks.cluster, roleArn: 'arn:another' };
    const { refusals } = await plan(exampleRelease({ eks: { ...whole.eks, cluster } }));
    expect(refusals).toMatchObject([{ code: 'WOULD_REPLACE_CLUSTER', message: expect.stringContaining('roleArn') }]);
  });

  it('is refused where a stack or a cluster of that name is somebody else’s', async () => {
    await up(exampleRelease());
    Object.assign(aws.stacks.live.get('roadstead-shop-network')?.tags ?? {}, { 'roadstead.dev/cluster': 'other' });
    const cluster = aws.eks.clusters.get('shop');
    if (cluster !== undefined) cluster.tags = {};
    expect((await plan(exampleRelease())).refusals.map(({ code }) => code)).toEqual([
      'FOREIGN_STACK',
      'FOREIGN_CLUSTER',
    ]);
  });

  function withUserData(text: string): Release {
    const whole = exampleRelease();
    const pool = examplePoolStack('app');
    const template = JSON.parse(JSON.stringify(pool.template).replace('"v1"', JSON.stringify(text)));
    return exampleRelease({
      stacks: whole.stacks.map((stack) => (stack.id === 'pool-app' ? { ...pool, template } : stack)),
    });
  }
});

describe('a run that is cut off', () => {
  it.each(['before', 'after'] as const)(
    'at every write, %s it is done, is finished by the next, and makes nothing twice',
    async (when) => {
      let stops = 0;
      for (;;) {
        clock = steppingClock();
        aws = fakeAws(clock);
        let count = 0;
        const killed = awsException('Killed', 'the process has gone');
        aws.fault = () => (count++ === stops ? { when, error: killed } : undefined);
        const cut = await up(exampleRelease()).then(
          () => false,
          () => true,
        );
        aws.fault = () => undefined;
        if (!cut) break;
        await up(exampleRelease(), 'run-2');
        expect((await plan(exampleRelease())).changes).toEqual([]);
        const creates = aws.taken.filter((write) =>
          /:Create(Stack|Cluster|Nodegroup|Addon|AccessEntry|PodIdentity)/.test(write),
        );
        expect(new Set(creates).size).toBe(creates.length);
        stops += 1;
      }
      expect(stops).toBeGreaterThan(15);
    },
    60_000,
  );
});

describe('a thing that fails', () => {
  it('as a stack: the first real cause by its resource, and the next up succeeds once it is mended', async () => {
    aws.stacks.failing.set('ClusterRole', 'API: iam:CreateRole User is not authorized');
    await expect(up(exampleRelease())).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringContaining('ClusterRole (AWS::IAM::Role): API: iam:CreateRole User is not authorized'),
    });
    const { changes } = await plan(exampleRelease());
    expect(changes.find(({ id }) => id === 'stack/foundation')?.why).toContain('ROLLBACK_COMPLETE');
    aws.stacks.failing.clear();
    await up(exampleRelease(), 'run-2');
    expect((await plan(exampleRelease())).changes).toEqual([]);
  });

  it('as a node group: its health issues and what to do, and the next up makes it again', async () => {
    const name = 'app-eu-central-1a-3f2a91c0';
    aws.eks.failing.set(name, {
      code: 'NodeCreationFailure',
      message: 'Instances failed to join',
      resourceIds: ['i-1'],
    });
    await expect(up(exampleRelease())).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: `node group ${name} is CREATE_FAILED: NodeCreationFailure: Instances failed to join (i-1)`,
      hint: expect.stringContaining('NAT'),
    });
    aws.eks.failing.clear();
    await up(exampleRelease(), 'run-2');
    expect(aws.eks.nodeGroups.get(name)?.status).toBe('ACTIVE');
  });

  it('as a plan that has moved: an update stops when more differs than it said', async () => {
    await up(exampleRelease());
    const group = aws.eks.nodeGroups.get('app-eu-central-1a-3f2a91c0');
    if (group !== undefined) group.scalingConfig = { minSize: 1, maxSize: 9, desiredSize: 1 };
    const { changes } = await plan(exampleRelease());
    if (group !== undefined) group.releaseVersion = '1.36.1-20260901';
    const moved = runBatches(fakeContext(aws, clock, 'run-2'), orderAwsChanges(changes), exampleRelease());
    await expect(moved).rejects.toMatchObject({
      code: 'PLAN_MOVED',
      message: expect.stringContaining('releaseVersion'),
    });
  });
});

describe('down', () => {
  it('takes everything away in order and keeps the logs, with what they cost', async () => {
    await up(exampleRelease());
    aws.taken.length = 0;
    const planned = await down();
    expect(aws.stacks.live.size).toBe(0);
    expect(aws.eks.clusters.size).toBe(0);
    expect(aws.taken.map((write) => write.split(' ')[0]?.split(':')[1])).toEqual([
      ...['DeleteNodegroup', 'DeleteNodegroup', 'DeleteNodegroup', 'DeleteNodegroup'],
      ...['DeleteStack', 'DeleteStack', 'DeleteAddon', 'DeleteAddon'],
      ...['UpdateClusterConfig', 'DeleteCluster'],
      ...['UpdateTerminationProtection', 'DeleteStack', 'UpdateTerminationProtection', 'DeleteStack'],
    ]);
    const receipt = receiptOf(planned, new Set(planned.changes.map(({ id }) => id)));
    expect(receipt.removed).toContain('cluster shop');
    expect(receipt.stayed).toEqual([
      { what: 'log group /aws/eks/shop/cluster', why: 'logs are kept by policy, for 90 days', monthlyUsd: 0.06 },
    ]);
  });

  it('works on a half-made cluster, and up works after a half-done down', async () => {
    let writes = 0;
    aws.fault = () => (writes++ === 9 ? { when: 'before', error: new Error('cut') } : undefined);
    await expect(up(exampleRelease())).rejects.toThrow('cut');
    writes = 0;
    aws.fault = () => (writes++ === 3 ? { when: 'after', error: new Error('cut') } : undefined);
    await expect(down()).rejects.toThrow('cut');
    aws.fault = () => undefined;
    await up(exampleRelease(), 'run-2');
    expect((await plan(exampleRelease())).changes).toEqual([]);
    await down();
    expect(aws.stacks.live.size + aws.eks.clusters.size + aws.eks.nodeGroups.size).toBe(0);
  });

  it('names node groups that others made, and leaves them alone', async () => {
    await up(exampleRelease());
    aws.eks.nodeGroups.set('theirs', { status: 'ACTIVE', tags: { 'alpha.eksctl.io/cluster-name': 'shop' } });
    const observed = await observe(aws.reader, exampleRelease(), { clock });
    const { blockers, changes } = planDown(observed, noLeftovers);
    expect(blockers).toMatchObject([{ what: 'node group theirs', maker: 'eksctl' }]);
    expect(changes.map(({ id }) => id)).not.toContain('eks/node-group/theirs');
  });
});
