import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeClock } from '@roadstead/foundation';
import type { AwsReader } from '@roadstead/provisioning';
import { openStore, type Store } from '@roadstead/store';
import { type FakeAws, fakeAws } from '../../../provisioning/src/testing/fake-aws.ts';
import { readTarget, type Target } from '../target.ts';
import type { World } from '../world.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';

/** One account with a cluster `shop` in it, all of it in memory but for the store; time goes by itself, a minute in a blink. */
export interface FakeWorld {
  readonly aws: FakeAws;
  readonly kubernetes: FakeApiServer;
  readonly clock: FakeClock;
  /** A machine: a store, and who works there. Machines share the account and the cluster. */
  machine(user: string, answers?: WorldAnswers): Promise<World & { readonly store: Store }>;
  close(): Promise<void>;
}

/** What AWS decides, and a test may decide otherwise. */
export interface WorldAnswers {
  /** The AMI release that is recommended today. */
  readonly amiRelease?: string;
}

export const caller = 'arn:aws:iam::123456789012:user/operator';

/** In memory where there is such a place: a store syncs each of its hundred writes. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function startFakeWorld(): Promise<FakeWorld> {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 3));
  const aws = fakeAws(clock);
  const kubernetes = await startFakeApiServer();
  const stores: { readonly store: Store; readonly directory: string }[] = [];
  for (const zone of ['b', 'c']) joinNode(kubernetes, zone);
  let isOpen = true;
  const passing = (async () => {
    while (isOpen) {
      await clock.advance(2000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    aws,
    kubernetes,
    clock,
    machine: async (user, answers = {}) => {
      const directory = await mkdtemp(join(scratch, 'roadstead-machine-'));
      const store = await openStore({ directory });
      stores.push({ store, directory });
      return {
        reader: readerOf(aws, kubernetes, answers),
        writer: aws.writer,
        credentials: async () => ({ accessKeyId: 'AKIDFORTESTS', secretAccessKey: 'none' }),
        store,
        clock,
        pollScale: 1,
        userAgent: 'roadstead-test',
        isGone: () => false,
        holder: { host: 'here', pid: 1, purpose: 'up', user },
      };
    },
    close: async () => {
      isOpen = false;
      await passing;
      for (const { store, directory } of stores) {
        await store.close();
        await rm(directory, { recursive: true });
      }
      await kubernetes.close();
    },
  };
}

/** A ready node of pool `app`, as its kubelet would say it. */
function joinNode({ objects }: FakeApiServer, zone: string): void {
  const name = `node-${zone}`;
  objects.set(`/api/v1/nodes/${name}`, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'roadstead.dev/pool': 'app', 'topology.kubernetes.io/zone': `eu-central-1${zone}` },
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

type Read = (service: string, operation: string, input: Readonly<Record<string, unknown>>) => Promise<object>;
type Answer = (input: Readonly<Record<string, unknown>>) => object;

/** The fake's reader, with what it has not: the caller, what AWS offers, nothing left over, and the API server's address. */
function readerOf(
  aws: FakeAws,
  kubernetes: FakeApiServer,
  { amiRelease = '1.36.1-20261101' }: WorldAnswers,
): AwsReader {
  const zones = ['b', 'c', 'a'].map((letter, index) => ({
    ...{ ZoneName: `eu-central-1${letter}`, ZoneId: `euc1-az${index + 1}`, State: 'available' },
  }));
  const answers: { readonly [call: string]: Answer } = {
    'sts:GetCallerIdentity': () => ({ Account: '123456789012', Arn: caller }),
    'ssm:GetParameter': () => ({ Parameter: { Value: amiRelease } }),
    'ec2:DescribeAvailabilityZones': () => ({ AvailabilityZones: zones }),
    'ec2:DescribeInstanceTypes': () => ({ InstanceTypes: [mediumType] }),
    'ec2:DescribeInstanceTypeOfferings': () => ({
      InstanceTypeOfferings: zones.map(({ ZoneName }) => ({ InstanceType: 'm7g.large', Location: ZoneName })),
    }),
    // CloudFormation hands the tags of a stack on to what is in it.
    'ec2:DescribeSubnets': () => ({
      Subnets: aws.stacks
        .subnets()
        .map((subnet) => ({ ...subnet, Tags: [{ Key: 'roadstead.dev/cluster', Value: 'shop' }] })),
    }),
    'eks:DescribeAddonVersions': ({ kubernetesVersion }) => ({
      addons: [
        {
          addonVersions: [
            {
              addonVersion: 'v1.0.0-eksbuild.1',
              compatibilities: [{ clusterVersion: kubernetesVersion, defaultVersion: true }],
            },
          ],
        },
      ],
    }),
  };
  const fake = aws.reader as unknown as { read: Read };
  const read: Read = async (service, operation, input) => {
    const own = answers[`${service}:${operation}`];
    if (own !== undefined) return own(input);
    if (service.startsWith('elb') || service === 'ec2') return {};
    const there = await fake.read(service, operation, input);
    if (operation !== 'DescribeCluster') return there;
    const { cluster } = there as { cluster: { endpoint?: string } };
    return { cluster: cluster.endpoint === undefined ? cluster : { ...cluster, endpoint: kubernetes.url } };
  };
  return { region: 'eu-central-1', read } as unknown as AwsReader;
}

const mediumType = {
  InstanceType: 'm7g.large',
  VCpuInfo: { DefaultVCpus: 2 },
  MemoryInfo: { SizeInMiB: 8192 },
  ProcessorInfo: { SupportedArchitectures: ['arm64'] },
  NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
};

/** The smallest cluster file: two zones, one pool with a group in each. */
export const clusterText = `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  environment: test
  kubernetes: "1.36"
  network: {cidr: 10.40.0.0/16, zones: 2, nat: single}
  endpoint: {private: true, public: true, allow: [203.0.113.0/24]}
  nodePools:
    - {name: app, instanceTypes: [m7g.large], size: {min: 1, max: 3}}
`;

const configMap = (name: string, value: string) => `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: shop}
data: {value: ${value}}
`;

interface TargetChange {
  readonly text?: string;
  /** The value of the one ConfigMap of component `front`. */
  readonly front?: string;
}

const targets = new Map<string, Promise<Target>>();

/** The reference channel's stacks and EKS requests, with two components of its own: `front` needs `base`. Read once. */
export function smallTarget({ text = clusterText, front = 'one' }: TargetChange = {}): Promise<Target> {
  const key = JSON.stringify([text, front]);
  const target = targets.get(key) ?? readSmallTarget(text, front);
  targets.set(key, target);
  return target;
}

async function readSmallTarget(text: string, front: string): Promise<Target> {
  const channel = await mkdtemp(join(tmpdir(), 'roadstead-channel-'));
  const reference = join(import.meta.dirname, '..', '..', '..', '..', 'channel');
  for (const part of ['channel.yaml', 'config.schema.yaml', 'stacks', 'eks'])
    await cp(join(reference, part), join(channel, part), { recursive: true });
  const files = {
    'manifests/base/all.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n${configMap('base', 'one')}`,
    'manifests/front/component.yaml': 'needs: [base]\n',
    'manifests/front/all.yaml': configMap('front', front),
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(channel, name)), { recursive: true });
    await writeFile(join(channel, name), content);
  }
  const signal = new AbortController().signal;
  const read = await readTarget({ text, file: 'cluster.yaml', channelDirectory: channel, signal });
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.value;
}
