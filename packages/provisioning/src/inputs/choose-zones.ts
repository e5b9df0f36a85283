import type { Zone } from '@roadstead/definition';

/** Zones in which EKS takes no control-plane subnets (EKS user guide, network requirements). */
export const avoidedZoneIds: readonly string[] = ['use1-az3', 'usw1-az2', 'cac1-az3'];

export interface ZoneChoice {
  /** Zones of the region that are open to the account. */
  readonly available: readonly Zone[];
  /** How many, or which by name or id. */
  readonly wanted: number | readonly string[];
  /** Those in use already, in their order; they stay. */
  readonly previous?: readonly Zone[];
  /** Zone names in which every instance type of the pools is offered. */
  readonly offering: ReadonlySet<string>;
}

/**
 * The zones of a cluster. The same answer for the same account at any time: by zone id, those first that offer every
 * instance type. Zones in use keep their place, new ones come after them. A zone named in the file that does not exist is
 * left out: the check of the file against its inputs says so, with its position.
 */
export function chooseZones(choice: ZoneChoice): readonly Zone[] {
  const { wanted, previous = [] } = choice;
  if (typeof wanted !== 'number') return namedZones(choice.available, wanted, previous);
  const usable = choice.available
    .filter((zone) => !avoidedZoneIds.includes(zone.id))
    .toSorted((a, b) => rank(choice, a) - rank(choice, b) || compareIds(a.id, b.id));
  const kept = previous.slice(0, wanted);
  const fresh = usable.filter((zone) => !previous.some((used) => used.id === zone.id));
  const added = fresh.slice(0, wanted - kept.length).toSorted((a, b) => compareIds(a.id, b.id));
  return [...kept, ...added];
}

function namedZones(available: readonly Zone[], names: readonly string[], previous: readonly Zone[]): readonly Zone[] {
  const found = available.filter((zone) => names.includes(zone.name) || names.includes(zone.id));
  const kept = previous.filter((zone) => found.some((candidate) => candidate.id === zone.id));
  const added = found.filter((zone) => !kept.some((used) => used.id === zone.id));
  return [...kept, ...added.toSorted((a, b) => compareIds(a.id, b.id))];
}

function rank(choice: ZoneChoice, zone: Zone): number {
  return choice.offering.has(zone.name) ? 0 : 1;
}

/** `use1-az2` before `use1-az10`. */
function compareIds(a: string, b: string): number {
  const number = (id: string) => Number(/(\d+)$/.exec(id)?.[1] ?? 0);
  return number(a) - number(b) || (a < b ? -1 : a > b ? 1 : 0);
}
