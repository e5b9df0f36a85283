import { describe, expect, it } from 'vitest';
import type { SubnetFacts } from '../aws/network.ts';
import { type StartFacts, startProblem } from './start-rules.ts';

const subnet = (id: string, change: Partial<SubnetFacts> = {}): SubnetFacts => ({
  id,
  vpcId: 'vpc-1',
  zone: 'eu-central-1a',
  zoneId: 'euc1-az1',
  freeAddresses: 100,
  givesPublicAddresses: false,
  ...change,
});
const scaling = (desiredSize: number) => ({ minSize: 0, maxSize: 10, desiredSize });
const group = {
  name: 'app',
  asgName: 'eks-app-1',
  amiType: 'AL2023_x86_64_STANDARD',
  diskSize: undefined,
  scaling: scaling(3),
};
const disk = (DeviceName: string, VolumeSize: number) => ({
  BlockDeviceMappings: [{ DeviceName, Ebs: { VolumeSize } }],
});

describe('instances of a new group', () => {
  it.each<[string, Partial<StartFacts>, string | undefined]>([
    ['start in a private subnet', {}, undefined],
    ['do not start in a public subnet without addresses', { publicIds: ['a'] }, 'Ec2SubnetInvalidConfiguration'],
    ['start in a public subnet with addresses', { subnets: [subnet('a', { givesPublicAddresses: true })] }, undefined],
    [
      'start in a public subnet when the template asks for addresses',
      { publicIds: ['a'], template: { NetworkInterfaces: [{ AssociatePublicIpAddress: true }] } },
      undefined,
    ],
    ['find no room', { subnets: [subnet('a', { freeAddresses: 2 })] }, 'InsufficientFreeAddresses'],
    [
      'find room in two subnets',
      { subnets: [subnet('a', { freeAddresses: 2 }), subnet('b', { freeAddresses: 1 })] },
      undefined,
    ],
    [
      'need no room when there are none',
      { subnets: [subnet('a', { freeAddresses: 0 })], group: { ...group, scaling: scaling(0) } },
      undefined,
    ],
    ['do not fit on a small disk of the template', { template: disk('/dev/xvda', 10) }, 'AsgInstanceLaunchFailures'],
    ['do not fit on a small disk of the request', { group: { ...group, diskSize: 8 } }, 'AsgInstanceLaunchFailures'],
    ['fit on a disk of the right size', { template: disk('/dev/xvda', 20) }, undefined],
    ['may have further disks that are small', { template: disk('/dev/xvdb', 1) }, undefined],
    [
      'bring their own image, whose size is not known',
      { template: disk('/dev/xvda', 4), group: { ...group, amiType: 'CUSTOM' } },
      undefined,
    ],
  ])('%s', (_title, change, code) => {
    const facts: StartFacts = { group, template: {}, subnets: [subnet('a')], publicIds: [], ...change };
    expect(startProblem(facts)?.code).toBe(code);
  });
});
