import type { Cluster, Inputs } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import type { AwsReader } from '../calls/aws-port.ts';
import { chooseZones } from './choose-zones.ts';
import { resolveInputs } from './resolve-inputs.ts';

const zone = (letter: string, number: number) => ({ name: `eu-central-1${letter}`, id: `euc1-az${number}` });
const available = [zone('a', 2), zone('b', 3), zone('c', 1), zone('d', 10)];
const everywhere = new Set(available.map(({ name }) => name));
const ids = (zones: readonly { id: string }[]) => zones.map(({ id }) => id);

describe('the zones of a cluster', () => {
  it('are the first by zone id, counted as numbers, whatever order AWS answers in', () => {
    expect(ids(chooseZones({ available, wanted: 3, offering: everywhere }))).toEqual([
      'euc1-az1',
      'euc1-az2',
      'euc1-az3',
    ]);
    const turned = available.toReversed();
    expect(ids(chooseZones({ available: turned, wanted: 3, offering: everywhere }))).toEqual([
      'euc1-az1',
      'euc1-az2',
      'euc1-az3',
    ]);
  });

  it('are first those that offer every instance type', () => {
    const offering = new Set(['eu-central-1a', 'eu-central-1d']);
    expect(ids(chooseZones({ available, wanted: 2, offering }))).toEqual(['euc1-az2', 'euc1-az10']);
  });

  it('keep their place when one is added', () => {
    const previous = [zone('b', 3), zone('a', 2)];
    expect(ids(chooseZones({ available, wanted: 3, previous, offering: everywhere }))).toEqual([
      'euc1-az3',
      'euc1-az2',
      'euc1-az1',
    ]);
  });

  it('are never those in which EKS has no control plane', () => {
    const us = [
      { name: 'us-east-1e', id: 'use1-az3' },
      { name: 'us-east-1a', id: 'use1-az6' },
    ];
    expect(ids(chooseZones({ available: us, wanted: 1, offering: new Set() }))).toEqual(['use1-az6']);
  });

  it('are those named, by name or by id; one that does not exist is left to the check of the file', () => {
    const wanted = ['eu-central-1b', 'euc1-az1', 'eu-central-1z'];
    expect(ids(chooseZones({ available, wanted, offering: everywhere }))).toEqual(['euc1-az1', 'euc1-az3']);
  });
});

describe('inputs', () => {
  const cluster = {
    kubernetes: '1.36',
    network: { cidr: '10.0.0.0/16', zones: 2, nat: 'single' },
    nodePools: [{ instanceTypes: ['m7g.large'] }],
  } as unknown as Cluster;
  const previous: Inputs = {
    zones: [zone('b', 3), zone('c', 1)],
    amiReleases: { '1.36/arm64': 'old' },
    addonVersions: { coredns: 'v1' },
    instanceTypes: {
      'm7g.large': {
        vcpus: 2,
        memoryMiB: 8192,
        architecture: 'arm64',
        maxEnis: 3,
        ipv4PerEni: 10,
        localDisks: 0,
        zones: [],
      },
    },
  };

  function world() {
    const asked: string[] = [];
    const answers: Record<string, object> = {
      DescribeAvailabilityZones: {
        AvailabilityZones: available.map(({ name, id }) => ({ ZoneName: name, ZoneId: id, State: 'available' })),
      },
      DescribeInstanceTypes: {
        InstanceTypes: [
          {
            InstanceType: 'm7g.large',
            VCpuInfo: { DefaultVCpus: 2 },
            MemoryInfo: { SizeInMiB: 8192 },
            ProcessorInfo: { SupportedArchitectures: ['arm64'] },
            NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
            InstanceStorageInfo: { Disks: [{ Count: 2 }] },
          },
        ],
      },
      DescribeInstanceTypeOfferings: {
        InstanceTypeOfferings: [{ InstanceType: 'm7g.large', Location: 'eu-central-1d' }],
      },
      GetParameter: { Parameter: { Value: 'new' } },
      DescribeAddonVersions: {
        addons: [
          {
            addonVersions: [
              { addonVersion: 'v3', compatibilities: [{ clusterVersion: '1.36', defaultVersion: false }] },
              { addonVersion: 'v2', compatibilities: [{ clusterVersion: '1.36', defaultVersion: true }] },
            ],
          },
        ],
      },
    };
    const read = async (_service: string, operation: string) => {
      asked.push(operation);
      return answers[operation] ?? {};
    };
    return { asked, reader: { region: 'eu-central-1', read } as unknown as AwsReader };
  }

  it('are asked of the world at first', async () => {
    const inputs = await resolveInputs(world().reader, cluster, { addons: ['coredns'] });
    expect(inputs).toMatchObject({
      zones: [zone('c', 1), zone('d', 10)],
      amiReleases: { '1.36/arm64': 'new' },
      addonVersions: { coredns: 'v2' },
    });
    expect(inputs.instanceTypes['m7g.large']).toMatchObject({
      localDisks: 2,
      architecture: 'arm64',
      zones: ['eu-central-1d'],
    });
  });

  it('are sticky: a full record asks nothing', async () => {
    const { asked, reader } = world();
    expect(await resolveInputs(reader, cluster, { previous, addons: ['coredns'] })).toEqual(previous);
    expect(asked).toEqual([]);
  });

  it('change by a refresh, but never in their zones', async () => {
    const inputs = await resolveInputs(world().reader, cluster, { previous, refresh: true, addons: ['coredns'] });
    expect(inputs).toMatchObject({
      zones: previous.zones,
      amiReleases: { '1.36/arm64': 'new' },
      addonVersions: { coredns: 'v2' },
    });
  });

  it('follow a new Kubernetes version where the old ones do not fit it', async () => {
    const older = { ...previous, amiReleases: { '1.35/arm64': 'old' } };
    const inputs = await resolveInputs(world().reader, cluster, { previous: older, addons: ['coredns'] });
    expect(inputs).toMatchObject({ amiReleases: { '1.36/arm64': 'new' }, addonVersions: { coredns: 'v2' } });
  });
});
