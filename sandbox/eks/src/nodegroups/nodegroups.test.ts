import { AwsError } from '@roadstead/sandbox-gateway';
import { describe, expect, it } from 'vitest';
import { isDrained } from './drain.ts';
import type { InstanceTypeFacts } from './instance-types.ts';
import { maxPodsOf } from './instance-types.ts';
import { refuseLabels, refuseTaints } from './label-rules.ts';
import { mergeTaints } from './node-objects.ts';
import { issueOf } from './nodegroup-lifecycle.ts';
import { readScaling, refuseInstanceTypes, refuseUpdateConfig } from './nodegroup-rules.ts';
import { batchSize } from './roll.ts';
import { type NodegroupRequest, refuseTemplateMix } from './template-rules.ts';
import { mergedUserData, mimeParts, nodeConfigDocument, UserDataError } from './user-data.ts';

const subject = { clusterName: 'shop', nodegroupName: 'app' };

describe('sizes of a node group', () => {
  const scaling = (minSize?: number, maxSize?: number, desiredSize?: number) => ({
    scalingConfig: Object.fromEntries(
      Object.entries({ minSize, maxSize, desiredSize }).filter(([, value]) => value !== undefined),
    ),
  });
  it.each([
    ['defaults', {}, { minSize: 1, maxSize: 2, desiredSize: 2 }],
    ['all given', scaling(1, 5, 3), { minSize: 1, maxSize: 5, desiredSize: 3 }],
    ['zero nodes', scaling(0, 5, 0), { minSize: 0, maxSize: 5, desiredSize: 0 }],
    ['a max of one', scaling(undefined, 1), { minSize: 1, maxSize: 1, desiredSize: 1 }],
  ])('%s', (_title, input, expected) => {
    expect(readScaling(subject, input)).toEqual(expected);
  });

  it.each([
    ['min over desired', scaling(3, 5, 2), "Minimum capacity 3 can't be greater than desired size 2"],
    ['desired over max', scaling(1, 2, 3), "Desired capacity 3 can't be greater than max size 2"],
    ['min over max', scaling(4, 3, 4), "Minimum capacity 4 can't be greater than max size 3"],
  ])('refuses %s', (_title, input, message) => {
    const refused = readScaling(subject, input);
    expect(refused).toBeInstanceOf(AwsError);
    expect(refused).toMatchObject({ code: 'InvalidParameterException', message });
  });

  it('refuses a raised min that leaves desired behind', () => {
    expect(readScaling(subject, scaling(3), { minSize: 1, maxSize: 5, desiredSize: 2 })).toMatchObject({
      message: "Minimum capacity 3 can't be greater than desired size 2",
    });
  });
});

describe('a launch template beside a request', () => {
  const plain: NodegroupRequest = {
    clusterName: 'shop',
    name: 'app',
    amiType: undefined,
    version: undefined,
    releaseVersion: undefined,
    instanceTypes: undefined,
    diskSize: undefined,
    remoteAccess: false,
    template: undefined,
  };
  const template = (data: Record<string, unknown>) => ({
    data,
    imageId: data.ImageId as string | undefined,
    instanceType: data.InstanceType as string | undefined,
  });
  it.each<[string, Partial<NodegroupRequest>, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['the cluster version', { version: '1.36' }, undefined],
    ['another version', { version: '1.35' }, /must be the cluster's version/],
    ['CUSTOM without an image', { amiType: 'CUSTOM' }, /needs an image id/],
    [
      'a type beside an image',
      { amiType: 'AL2023_x86_64_STANDARD', template: template({ ImageId: 'ami-1' }) },
      /AMI Type other than CUSTOM/,
    ],
    [
      'a release beside an image',
      { releaseVersion: '1.36.3-20261109', template: template({ ImageId: 'ami-1' }) },
      /when using custom AMIs/,
    ],
    ['a disk size', { diskSize: 50, template: template({}) }, /Disk size/],
    ['remote access', { remoteAccess: true, template: template({}) }, /Remote access/],
    [
      'types on both sides',
      { instanceTypes: ['m5.large'], template: template({ InstanceType: 'm5.large' }) },
      /Cannot specify instance types in launch template and API request/,
    ],
    ['types on one side', { instanceTypes: ['m5.large'], template: template({}) }, undefined],
    ['an instance profile', { template: template({ IamInstanceProfile: { Name: 'x' } }) }, /instance profile/],
    ['a subnet', { template: template({ NetworkInterfaces: [{ SubnetId: 's' }] }) }, /subnet/],
    ['spot options', { template: template({ InstanceMarketOptions: {} }) }, /capacityType/],
    ['21 types', { instanceTypes: Array.from({ length: 21 }, (_, n) => `m${n}.large`) }, /maximum of 20/],
  ])('%s', (_title, change, refusal) => {
    const refused = refuseTemplateMix({ ...plain, ...change }, '1.36');
    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused?.message).toMatch(refusal);
  });
});

describe('labels, taints and update configuration', () => {
  it.each([
    ['seed labels', { lifecycle: 'spot', az: 'a', nodeType: 'systemNode' }, true],
    ['a role label of nodes', { 'node-role.kubernetes.io/app': 'true' }, true],
    ['a reserved prefix', { 'kubernetes.io/role': 'app' }, false],
    ["EKS's own prefix", { 'eks.amazonaws.com/nodegroup': 'x' }, false],
    ['a value with a blank', { team: 'a b' }, false],
    ['51 labels', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`l${n}`, 'x'])), false],
  ])('labels: %s', (_title, labels, good) => {
    expect(refuseLabels(subject, labels) === undefined).toBe(good);
  });

  it.each([
    ['one', [{ key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' }], true],
    [
      'the same key with two effects',
      [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoExecute' },
      ],
      true,
    ],
    [
      'twice the same',
      [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoSchedule' },
      ],
      false,
    ],
    ['a bad key', [{ key: 'a b', effect: 'NoSchedule' }], false],
  ])('taints: %s', (_title, taints, good) => {
    expect(refuseTaints(subject, taints) === undefined).toBe(good);
  });

  it('takes one way to say how many may be unavailable', () => {
    expect(refuseUpdateConfig(subject, { maxUnavailable: 1 })).toBeUndefined();
    expect(refuseUpdateConfig(subject, { maxUnavailable: 1, maxUnavailablePercentage: 10 })).toBeDefined();
  });

  it('changes only its own taints on a node', () => {
    const foreign = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };
    const old = { key: 'a', value: '1', effect: 'NoSchedule' };
    const next = { key: 'a', value: '2', effect: 'NoSchedule' };
    expect(mergeTaints([foreign, old], [next], [])).toEqual([foreign, next]);
    expect(mergeTaints([foreign, old], [], [old])).toEqual([foreign]);
    expect(mergeTaints([foreign], [], [])).toBeUndefined();
  });
});

describe('instance types', () => {
  const type = (name: string, more: Partial<InstanceTypeFacts> = {}): InstanceTypeFacts => ({
    name,
    architectures: ['x86_64'],
    cpus: 2,
    interfaces: 3,
    addressesPerInterface: 10,
    zones: ['a', 'b'],
    ...more,
  });
  it.each<[string, readonly string[], readonly InstanceTypeFacts[], RegExp | undefined]>([
    ['known and offered', ['m5.large'], [type('m5.large')], undefined],
    ['unknown', ['m5.large', 'zz'], [type('m5.large')], /do not exist: \[zz\]/],
    [
      'of another architecture',
      ['m7g.large'],
      [type('m7g.large', { architectures: ['arm64'] })],
      /not a valid instance type/,
    ],
    [
      'not in a zone',
      ['m5.large'],
      [type('m5.large', { zones: ['a'] })],
      /not supported in your requested Availability Zone \(b\)/,
    ],
  ])('%s', (_title, wanted, known, refusal) => {
    const refused = refuseInstanceTypes(subject, wanted, known, { architecture: 'x86_64' }, 'AL2023_x86_64_STANDARD', [
      'a',
      'b',
    ]);
    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused?.message).toMatch(refusal);
  });

  it.each([
    ['m5.large', [type('x')], 29],
    ['the lowest of several', [type('x'), type('y', { interfaces: 2, addressesPerInterface: 4 })], 8],
    ['a cap for small ones', [type('x', { interfaces: 8, addressesPerInterface: 30 })], 110],
    ['a higher cap for big ones', [type('x', { cpus: 64, interfaces: 15, addressesPerInterface: 50 })], 250],
  ])('gives max pods: %s', (_title, types, expected) => {
    expect(maxPodsOf(types)).toBe(expected);
  });
});

describe('user data', () => {
  const facts = {
    clusterName: 'shop',
    endpoint: 'https://127.0.0.1:6443',
    caPem: 'CA',
    serviceCidr: '172.20.0.0/16',
    maxPods: 29,
    labels: { pool: 'app' },
    taints: [{ key: 'x', value: 'y', effect: 'NoSchedule' }],
  };
  const user =
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="B"\r\n\r\n--B\r\nContent-Type: text/x-shellscript\r\n\r\necho hi\r\n--B\r\nContent-Type: application/node.eks.aws\r\n\r\nkind: NodeConfig\r\n--B--\r\n';

  it('tells nodeadm the cluster, labels and taints', () => {
    const document = nodeConfigDocument(facts);
    expect(document).toContain('name: shop');
    expect(document).toContain('- 172.20.0.10');
    expect(document).toContain('maxPods: 29');
    expect(document).toContain('"--node-labels=pool=app"');
    expect(document).toContain('"--register-with-taints=x=y:NoSchedule"');
  });

  it("puts EKS's own document before the user's parts, so that the user's win", () => {
    const merged = Buffer.from(mergedUserData(facts, Buffer.from(user).toString('base64')), 'base64').toString();
    const parts = mimeParts(merged);
    expect(parts).toHaveLength(3);
    expect(parts[0]).toContain('apiServerEndpoint');
    expect(parts[1]).toContain('echo hi');
    expect(parts[2]).toContain('kind: NodeConfig');
  });

  it.each([
    ['a plain script', '#!/bin/bash\necho'],
    ['an unclosed part', user.replace('--B--', '')],
  ])('refuses %s', (_title, source) => {
    expect(() => mergedUserData(facts, Buffer.from(source).toString('base64'))).toThrow(UserDataError);
  });
});

describe('a rolling update', () => {
  it.each([
    [{ maxUnavailable: 1 }, 5, 1],
    [{ maxUnavailable: 3 }, 2, 2],
    [{ maxUnavailablePercentage: 50 }, 5, 2],
    [{ maxUnavailablePercentage: 10 }, 3, 1],
    [{}, 4, 1],
  ])('with %j over %i nodes takes %i at once', (config, nodes, expected) => {
    expect(batchSize(config, nodes)).toBe(expected);
  });

  it.each([
    [
      'a pod of a Deployment',
      { metadata: { ownerReferences: [{ kind: 'ReplicaSet' }] }, status: { phase: 'Running' } },
      false,
    ],
    [
      'a pod of a DaemonSet',
      { metadata: { ownerReferences: [{ kind: 'DaemonSet' }] }, status: { phase: 'Running' } },
      true,
    ],
    ['a pod that ended', { metadata: {}, status: { phase: 'Succeeded' } }, true],
    ['a bare pod', { metadata: {}, status: { phase: 'Running' } }, false],
  ])('does not wait for all pods: %s', (_title, pod, drained) => {
    expect(isDrained(pod)).toBe(drained);
  });
});

describe('a failed node group', () => {
  it.each([
    [new AwsError('InvalidAMIID.NotFound', 'x'), 'AmiIdNotFound'],
    [new AwsError('InvalidSubnetID.NotFound', 'x'), 'Ec2SubnetNotFound'],
    [new AwsError('NoSuchEntity', 'x'), 'IamNodeRoleNotFound'],
    [new AwsError('VcpuLimitExceeded', 'x'), 'InstanceLimitExceeded'],
    [new UserDataError('x'), 'Ec2LaunchTemplateInvalidConfiguration'],
    [new Error('x'), 'InternalFailure'],
  ])('says %s as %s', (error, code) => {
    expect(issueOf({ asgName: 'eks-app' }, error).code).toBe(code);
  });
});
