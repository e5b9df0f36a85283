import { beforeEach, describe, expect, test } from 'vitest';
import { FakeElb } from '../testing/fake-elb.ts';
import type { BalancerRequest } from './balancer-plan.ts';
import { Balancers } from './balancers.ts';

const around = { vpcId: 'vpc-1', clusterSecurityGroupId: 'sg-cluster', subnetIds: ['subnet-1'] };
const http = { port: 80, nodePort: 30_080, protocol: 'TCP' } as const;
const tls = { port: 443, nodePort: 30_443, protocol: 'TCP' } as const;

let aws: FakeElb;
let balancers: Balancers;
beforeEach(() => {
  aws = new FakeElb();
  const backend = { call: (_: unknown, ...rest: Parameters<FakeElb['call']>) => aws.call(...rest) };
  balancers = new Balancers(
    { call: (place, service, operation, input = {}) => backend.call(place, service, operation, input) },
    { account: '1', region: 'r' },
  );
});

function request(kind: BalancerRequest['kind'], ports: BalancerRequest['ports']): BalancerRequest {
  return { name: 'a0123', kind, internal: false, ports, sourceRanges: ['0.0.0.0/0'], tags: { a: 'b' } };
}

/** Ports with their node ports, and the instances behind each. */
function shown(): unknown {
  const classic = [...aws.classic.values()].map(({ listeners, instances }) => [[...listeners.keys()], [...instances]]);
  const network = [...aws.listeners.values()].map(({ port, groupArn }) => {
    const group = aws.groups.get(groupArn);
    return [port, group?.input.Port, [...(group?.targets ?? [])]];
  });
  return {
    classic,
    network,
    groups: aws.groups.size,
    doors: [...aws.securityGroups.values()].map(({ ports }) => [...ports]),
  };
}

describe.each(['classic', 'network'] as const)('a %s balancer', (kind) => {
  const ensure = (ports: BalancerRequest['ports'], instanceIds: readonly string[]) =>
    balancers.ensure(request(kind, ports), { ...around, instanceIds });

  test('is made once, and a second look changes nothing', async () => {
    const host = await ensure([http], ['i-1', 'i-2']);
    expect(host).toContain('a0123');
    const before = [shown(), aws.writes.length];
    expect(await ensure([http], ['i-2', 'i-1'])).toBe(host);
    expect([shown(), aws.writes.length]).toEqual(before);
  });

  test('follows the nodes that come and go', async () => {
    await ensure([http, tls], ['i-1', 'i-2']);
    await ensure([http, tls], ['i-2', 'i-3']);
    expect(shown()).toMatchObject(
      kind === 'classic'
        ? {
            classic: [
              [
                [80, 443],
                ['i-2', 'i-3'],
              ],
            ],
          }
        : {
            network: [
              [80, 30_080, ['i-2', 'i-3']],
              [443, 30_443, ['i-2', 'i-3']],
            ],
          },
    );
    await ensure([http, tls], []);
    expect(JSON.stringify(shown())).not.toContain('i-');
  });

  test('follows the Service’s ports', async () => {
    await ensure([http], ['i-1']);
    await ensure([{ ...http, nodePort: 31_000 }, tls], ['i-1']);
    expect(shown()).toMatchObject(
      kind === 'classic'
        ? { classic: [[[80, 443], ['i-1']]], doors: [[80, 443]] }
        : {
            groups: 2,
            network: [
              [80, 31_000, ['i-1']],
              [443, 30_443, ['i-1']],
            ],
          },
    );
    await ensure([tls], ['i-1']);
    expect(shown()).toMatchObject(
      kind === 'classic'
        ? { classic: [[[443], ['i-1']]], doors: [[443]] }
        : { groups: 1, network: [[443, 30_443, ['i-1']]] },
    );
  });

  test('goes with all that it has, twice', async () => {
    await ensure([http, tls], ['i-1']);
    await balancers.remove('a0123', around);
    await balancers.remove('a0123', around);
    expect(shown()).toEqual({ classic: [], network: [], groups: 0, doors: [] });
  });
});

test('what a broken pass left is finished by the next one', async () => {
  aws.refusals.set('CreateListener', 'Throttling');
  await expect(balancers.ensure(request('network', [http]), { ...around, instanceIds: ['i-1'] })).rejects.toThrow();
  aws.refusals.clear();
  await balancers.ensure(request('network', [http]), { ...around, instanceIds: ['i-1'] });
  expect(shown()).toMatchObject({ groups: 1, network: [[80, 30_080, ['i-1']]] });
});

test('a security group that is still in use is not forgotten', async () => {
  await balancers.ensure(request('classic', [http]), { ...around, instanceIds: [] });
  aws.refusals.set('DeleteSecurityGroup', 'DependencyViolation');
  await expect(balancers.remove('a0123', around)).rejects.toThrow('DeleteSecurityGroup');
  aws.refusals.clear();
  await balancers.remove('a0123', around);
  expect(aws.securityGroups.size).toBe(0);
});
