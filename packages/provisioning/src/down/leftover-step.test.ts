import type { Change } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import type { AwsReader, AwsWriter } from '../calls/aws-port.ts';
import type { AwsRunContext } from '../execute/context.ts';
import { awsException } from '../testing/fake-handler.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { deleteLeftover } from './leftover-step.ts';

interface Case {
  readonly path: string;
  /** What AWS answers while the thing is there. */
  readonly there: object;
  /** What it throws, or answers, when it has gone. */
  readonly gone: string | object;
  readonly deletion: string;
  readonly input: object;
}

const cases: readonly Case[] = [
  {
    path: 'load-balancer/k8s-web',
    there: { LoadBalancers: [{ LoadBalancerArn: 'arn:lb' }] },
    gone: 'LoadBalancerNotFoundException',
    deletion: 'elbv2:DeleteLoadBalancer',
    input: { LoadBalancerArn: 'arn:lb' },
  },
  {
    path: 'classic-load-balancer/a0f6d',
    there: { LoadBalancerDescriptions: [{ LoadBalancerName: 'a0f6d' }] },
    gone: 'AccessPointNotFoundException',
    deletion: 'elb:DeleteLoadBalancer',
    input: { LoadBalancerName: 'a0f6d' },
  },
  {
    path: 'target-group/k8s-web-80',
    there: { TargetGroups: [{ TargetGroupArn: 'arn:tg' }] },
    gone: 'TargetGroupNotFoundException',
    deletion: 'elbv2:DeleteTargetGroup',
    input: { TargetGroupArn: 'arn:tg' },
  },
  {
    path: 'volume/vol-1',
    there: { Volumes: [{ VolumeId: 'vol-1', State: 'in-use' }] },
    gone: { Volumes: [{ VolumeId: 'vol-1', State: 'deleted' }] },
    deletion: 'ec2:DeleteVolume',
    input: { VolumeId: 'vol-1' },
  },
  {
    path: 'snapshot/snap-1',
    there: { Snapshots: [{ SnapshotId: 'snap-1' }] },
    gone: 'InvalidSnapshot.NotFound',
    deletion: 'ec2:DeleteSnapshot',
    input: { SnapshotId: 'snap-1' },
  },
  {
    path: 'network-interface/eni-1',
    there: { NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1' }] },
    gone: 'InvalidNetworkInterfaceID.NotFound',
    deletion: 'ec2:DeleteNetworkInterface',
    input: { NetworkInterfaceId: 'eni-1' },
  },
  {
    path: 'security-group/sg-1',
    there: { SecurityGroups: [{ GroupId: 'sg-1' }] },
    gone: 'InvalidGroup.NotFound',
    deletion: 'ec2:DeleteSecurityGroup',
    input: { GroupId: 'sg-1' },
  },
];

/** One thing that is in use for some requests and, once its deletion was taken, is still described for two looks. */
function world({ there, gone }: Case, options: { readonly exists: boolean; readonly inUse?: number }) {
  const sent: { operation: string; input: object }[] = [];
  let looksLeft = options.exists ? Number.POSITIVE_INFINITY : 0;
  let inUse = options.inUse ?? 0;
  const reader = {
    region: 'eu-central-1',
    read: async () => {
      looksLeft -= 1;
      if (looksLeft >= 0) return there;
      if (typeof gone === 'string') throw awsException(gone, 'it is not there');
      return gone;
    },
  } as unknown as AwsReader;
  const writer = {
    region: 'eu-central-1',
    write: async (service: string, operation: string, input: object) => {
      sent.push({ operation: `${service}:${operation}`, input });
      inUse -= 1;
      if (inUse >= 0) throw awsException('DependencyViolation', 'something uses it');
      looksLeft = 2;
      return {};
    },
  } as unknown as AwsWriter;
  return { reader, writer, sent };
}

function run(one: Case, aws: { reader: AwsReader; writer: AwsWriter }) {
  const told: string[] = [];
  const context: AwsRunContext = {
    ...aws,
    clock: steppingClock(),
    signal: new AbortController().signal,
    onProgress: ({ status }) => void told.push(status),
    pollScale: 1,
    runId: 'run-1',
    cluster: 'shop',
  };
  const change: Change = {
    id: `aws/${one.path}`,
    phase: 'manifests',
    action: 'delete',
    class: 'disruptive',
    what: one.path,
    why: '',
    fields: [],
  };
  return { told, result: deleteLeftover(context, change, one.path) };
}

describe.each(cases.map((one) => [one.path, one] as const))('deleting %s', (_path, one) => {
  it('asks once and waits until it has gone', async () => {
    const aws = world(one, { exists: true });
    const { told, result } = run(one, aws);
    expect((await result).outcome).toBe('changed');
    expect(aws.sent).toEqual([{ operation: one.deletion, input: one.input }]);
    expect(told).toContain('DELETING');
  });

  it('asks again while something uses it', async () => {
    const aws = world(one, { exists: true, inUse: 2 });
    const { told, result } = run(one, aws);
    expect((await result).outcome).toBe('changed');
    expect(aws.sent).toHaveLength(3);
    expect(told).toContain('BUSY');
  });

  it('asks for nothing when it is not there', async () => {
    const aws = world(one, { exists: false });
    expect((await run(one, aws).result).outcome).toBe('unchanged');
    expect(aws.sent).toEqual([]);
  });
});

it('does not delete what it has never heard of', () => {
  const aws = world(cases[0] as Case, { exists: true });
  expect(() => run({ ...(cases[0] as Case), path: 'bucket/data' }, aws)).toThrow('aws/bucket/data');
});
