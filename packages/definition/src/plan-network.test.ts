import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCidr, overlap, parseCidr } from './cidr.ts';
import { planNetwork } from './plan-network.ts';
import { zoneSlot } from './zone-slot.ts';

const zones = [
  { name: 'eu-central-1c', id: 'euc1-az1' },
  { name: 'eu-central-1a', id: 'euc1-az2' },
  { name: 'eu-central-1b', id: 'euc1-az3' },
];
const planned = (cidr: string, of = zones) => planNetwork({ network: { cidr, zones: of.length, nat: 'single' } }, of);

describe('the network plan', () => {
  it('cuts a /16 into private /19s, public /22s and control-plane /28s', () => {
    expect(planned('10.20.0.0/16').zones).toEqual([
      {
        name: 'eu-central-1c',
        id: 'euc1-az1',
        privateCidr: '10.20.0.0/19',
        publicCidr: '10.20.192.0/22',
        controlPlaneCidr: '10.20.224.0/28',
        privateFree: 8187,
      },
      {
        name: 'eu-central-1a',
        id: 'euc1-az2',
        privateCidr: '10.20.32.0/19',
        publicCidr: '10.20.196.0/22',
        controlPlaneCidr: '10.20.224.16/28',
        privateFree: 8187,
      },
      {
        name: 'eu-central-1b',
        id: 'euc1-az3',
        privateCidr: '10.20.64.0/19',
        publicCidr: '10.20.200.0/22',
        controlPlaneCidr: '10.20.224.32/28',
        privateFree: 8187,
      },
    ]);
  });

  it.each([
    ['10.0.0.0/18', 2043],
    ['10.0.0.0/20', 507],
    ['10.0.0.0/22', 123],
  ])('leaves %s with %i free addresses in a zone', (cidr, free) => {
    expect(planned(cidr).zones[0]?.privateFree).toBe(free);
  });

  const anyZones = fc
    .subarray([1, 2, 3, 4, 5, 6], { minLength: 1 })
    .chain((numbers) => fc.shuffledSubarray(numbers, { minLength: numbers.length }));
  const anyCidr = fc.integer({ min: 16, max: 22 }).map((mask) => `10.96.0.0/${mask}`);

  it('never moves a block when zones come, go or change their order', () => {
    fc.assert(
      fc.property(anyCidr, anyZones, anyZones, (cidr, some, others) => {
        const of = (numbers: readonly number[]) =>
          planned(
            cidr,
            numbers.map((number) => ({ name: `z${number}`, id: `use1-az${number}` })),
          ).zones;
        const second = new Map(of(others).map((zone) => [zone.id, zone]));
        for (const zone of of(some)) expect(second.get(zone.id) ?? zone).toEqual(zone);
      }),
    );
  });

  it('never gives an address twice', () => {
    fc.assert(
      fc.property(anyCidr, (cidr) => {
        const all = [1, 2, 3, 4, 5, 6].map((number) => ({ name: `z${number}`, id: `use1-az${number}` }));
        const blocks = planned(cidr, all)
          .zones.flatMap((zone) => [zone.privateCidr, zone.publicCidr, zone.controlPlaneCidr])
          .map(parseCidr)
          .filter(isCidr);
        expect(blocks).toHaveLength(18);
        for (const [index, block] of blocks.entries()) {
          expect(blocks.slice(index + 1).some((other) => overlap(block, other))).toBe(false);
        }
      }),
    );
  });

  it.each([
    ['euc1-az1', 0],
    ['usgw1-az3', 2],
    ['use1-az6', 5],
    ['usw2-lax1-az1', undefined],
    ['use1-wl1-bos-wlz1', undefined],
    ['eu-central-1a', undefined],
  ])('knows the number of %s', (id, slot) => {
    expect(zoneSlot(id)).toBe(slot);
  });
});
