import { describe, expect, it } from 'vitest';
import type { AwsReader } from '../calls/aws-port.ts';
import { describeInstanceTypes, offeredKubernetesVersions } from './resolve-inputs.ts';

type Input = Readonly<Record<string, unknown>>;
const readerOf = (answers: Record<string, (input: Input) => object>) =>
  ({
    region: 'eu-central-1',
    read: async (_service: string, operation: string, input: Input) => answers[operation]?.(input) ?? {},
  }) as unknown as AwsReader;

describe('instance types', () => {
  const type = (InstanceType: string, arm: boolean) => ({
    InstanceType,
    VCpuInfo: { DefaultVCpus: 2 },
    MemoryInfo: { SizeInMiB: 8192 },
    ProcessorInfo: { SupportedArchitectures: [arm ? 'arm64' : 'x86_64'] },
    NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
  });

  it('are read from every page, with the zones that offer them; one that does not exist is left out', async () => {
    const paged = (member: string, pages: object[][]) => (input: Input) => {
      const page = Number(input.NextToken ?? 0);
      return { [member]: pages[page], ...(page + 1 < pages.length ? { NextToken: String(page + 1) } : {}) };
    };
    const offer = (InstanceType: string, Location: string) => ({ InstanceType, Location });
    const reader = readerOf({
      DescribeInstanceTypes: paged('InstanceTypes', [[type('m7g.large', true)], [type('m7i.large', false)]]),
      DescribeInstanceTypeOfferings: paged('InstanceTypeOfferings', [
        [offer('m7g.large', 'b'), offer('m7i.large', 'a')],
        [offer('m7g.large', 'a')],
      ]),
    });
    const facts = await describeInstanceTypes(reader, ['m7g.large', 'm7i.large', 'm9z.large']);
    expect(Object.keys(facts)).toEqual(['m7g.large', 'm7i.large']);
    expect(facts['m7g.large']).toEqual({
      vcpus: 2,
      memoryMiB: 8192,
      architecture: 'arm64',
      maxEnis: 3,
      ipv4PerEni: 10,
      localDisks: 0,
      zones: ['a', 'b'],
    });
    expect(facts['m7i.large']).toMatchObject({ architecture: 'x86_64', zones: ['a'] });
  });
});

describe('the Kubernetes versions that EKS offers', () => {
  it('are sorted as numbers, newest first, with their support and its end', async () => {
    const reader = readerOf({
      DescribeClusterVersions: ({ nextToken }) =>
        nextToken === undefined
          ? {
              clusterVersions: [
                { clusterVersion: '1.9', versionStatus: 'EXTENDED_SUPPORT' },
                { clusterVersion: '1.36', defaultVersion: true, versionStatus: 'STANDARD_SUPPORT' },
              ],
              nextToken: 'more',
            }
          : { clusterVersions: [{ clusterVersion: '1.35', endOfStandardSupportDate: new Date('2027-03-27') }] },
    });
    expect(await offeredKubernetesVersions(reader)).toEqual([
      { version: '1.36', isDefault: true, support: 'STANDARD_SUPPORT' },
      { version: '1.35', isDefault: false, support: '', standardEnds: '2027-03-27T00:00:00.000Z' },
      { version: '1.9', isDefault: false, support: 'EXTENDED_SUPPORT' },
    ]);
  });

  it('are never none', async () => {
    await expect(offeredKubernetesVersions(readerOf({}))).rejects.toMatchObject({ code: 'NO_VERSIONS' });
  });
});
