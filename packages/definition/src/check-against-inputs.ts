import { checkCapacity } from './capacity.ts';
import type { Cluster, Inputs, InstanceTypeFacts, NodePool, Reserve, Zone } from './cluster.ts';
import { nearMatch } from './near-match.ts';
import type { ParsedCluster } from './parse-cluster-file.ts';
import { planNetwork, zoneSlots } from './plan-network.ts';
import type { Path } from './positions.ts';
import { type Fault, type Problem, problemAt, sortProblems } from './problem.ts';
import { bytesOf, parseQuantity } from './quantity.ts';
import { zoneSlot } from './zone-slot.ts';

/** What is known of the world when a file is checked against it. */
export interface OfferedWorld {
  readonly inputs: Pick<Inputs, 'zones' | 'instanceTypes'>;
  /** Kubernetes minor versions that both the channel and EKS offer. */
  readonly versions: readonly string[];
  /** Every zone of the region; default: the zones of the inputs. */
  readonly regionZones?: readonly Zone[];
}

interface Check {
  readonly cluster: Cluster;
  readonly world: OfferedWorld;
  readonly report: (path: Path, fault: Fault) => void;
}

/** Checks a file that is right by itself against what the world offers; nothing to say about a file that is wrong. */
export function checkAgainstInputs(file: ParsedCluster, world: OfferedWorld): Problem[] {
  const { cluster } = file;
  if (cluster === undefined) return [];
  const problems: Problem[] = [];
  const report: Check['report'] = (path, fault) =>
    void problems.push(problemAt(file.file, file.positions.value(path), fault));
  const check: Check = { cluster, world, report };
  checkVersion(check);
  const zonesAreGood = checkZones(check);
  for (const [index, pool] of cluster.nodePools.entries()) checkPool(check, pool, ['spec', 'nodePools', index]);
  if (zonesAreGood && problems.length === 0) {
    const plan = planNetwork(cluster, world.inputs.zones);
    for (const fault of checkCapacity(cluster, world.inputs, plan)) report(largestPool(cluster), fault);
  }
  return sortProblems(problems);
}

function largestPool(cluster: Cluster): Path {
  const largest = cluster.nodePools.reduce(
    (most, pool, index, all) => (pool.size.max > (all[most]?.size.max ?? 0) ? index : most),
    0,
  );
  return ['spec', 'nodePools', largest, 'size', 'max'];
}

function checkVersion({ cluster, world, report }: Check): void {
  if (world.versions.includes(cluster.kubernetes)) return;
  report(['spec', 'kubernetes'], {
    code: 'VERSION_NOT_OFFERED',
    message: `Kubernetes ${cluster.kubernetes} is not offered by the channel and EKS`,
    hint: world.versions.length === 0 ? undefined : `one of ${world.versions.join(', ')}`,
    value: cluster.kubernetes,
  });
}

function checkZones({ cluster, world, report }: Check): boolean {
  const path = ['spec', 'network', 'zones'];
  const known = (world.regionZones ?? world.inputs.zones).map((zone) => zone.name);
  const { zones } = cluster.network;
  let good = true;
  const refuse = (at: Path, fault: Fault): void => {
    good = false;
    report(at, fault);
  };
  if (typeof zones === 'number' && zones > known.length) {
    refuse(path, {
      code: 'TOO_MANY_ZONES',
      message: `${cluster.region} has ${known.length} zones for this account, not ${zones}`,
      hint: `at most ${known.length}: ${known.join(', ')}`,
      value: zones,
    });
  }
  for (const [index, zone] of (typeof zones === 'number' ? [] : zones).entries()) {
    if (known.includes(zone)) continue;
    refuse([...path, index], {
      code: 'UNKNOWN_ZONE',
      message: `${cluster.region} has no zone ${zone} for this account`,
      hint: `one of ${known.join(', ')}`,
      value: zone,
    });
  }
  for (const zone of world.inputs.zones) {
    const slot = zoneSlot(zone.id);
    if (slot !== undefined && slot < zoneSlots) continue;
    refuse(path, {
      code: 'UNFIT_ZONE',
      message: `${zone.name} (${zone.id}) cannot carry a cluster`,
      hint: 'name availability zones; Local Zones and Wavelength Zones have no EKS control plane',
      value: zone.id,
    });
  }
  return good;
}

function checkPool({ world, report }: Check, pool: NodePool, path: Path): void {
  const known: { readonly type: string; readonly facts: InstanceTypeFacts }[] = [];
  for (const [index, type] of pool.instanceTypes.entries()) {
    const facts = world.inputs.instanceTypes[type];
    const at = [...path, 'instanceTypes', index];
    if (facts === undefined) {
      const near = nearMatch(type, Object.keys(world.inputs.instanceTypes));
      report(at, {
        code: 'TYPE_NOT_OFFERED',
        message: `the region has no instance type ${type}`,
        hint:
          near === undefined || near === type
            ? 'aws ec2 describe-instance-type-offerings lists them'
            : `did you mean ${JSON.stringify(near)}?`,
        value: type,
      });
      continue;
    }
    const without = world.inputs.zones.filter((zone) => !facts.zones.includes(zone.name));
    if (without.length > 0) {
      report(at, {
        code: 'TYPE_NOT_IN_ZONE',
        message: `${type} is not offered in ${without.map((zone) => zone.name).join(', ')}`,
        hint: `another type, or zones of ${facts.zones.join(', ')}`,
        value: type,
      });
    }
    known.push({ type, facts });
    const first = known[0];
    if (first !== undefined && first.facts.architecture !== facts.architecture) {
      report(at, {
        code: 'MIXED_ARCHITECTURES',
        message: `${type} is ${facts.architecture}, ${first.type} is ${first.facts.architecture}`,
        hint: 'a pool has one architecture; make a second pool',
        value: type,
      });
    }
  }
  checkReserve(pool, known, path, report);
}

function checkReserve(
  pool: NodePool,
  types: readonly { readonly type: string; readonly facts: InstanceTypeFacts }[],
  path: Path,
  report: Check['report'],
): void {
  const { reserve } = pool;
  if (reserve === undefined) return;
  const [worst] = types
    .map(({ type, facts }) => ({ type, facts, share: reservedShare(reserve, facts) }))
    .toSorted((a, b) => b.share - a.share);
  if (worst === undefined) return;
  const { share } = worst;
  const facts = `${worst.type} has ${worst.facts.memoryMiB} MiB and ${worst.facts.vcpus} vCPUs`;
  if (share >= 1) {
    report([...path, 'reserve'], {
      code: 'RESERVE_OVER_NODE',
      message: `the reservations take the whole node: ${facts}`,
      hint: 'reserve less, or larger types',
    });
  } else if (share > 0.25) {
    report([...path, 'reserve'], {
      severity: 'warning',
      code: 'LARGE_RESERVE',
      message: `the reservations take ${Math.round(share * 100)} % of the node: ${facts}`,
      hint: 'under a quarter is usual',
    });
  }
}

/** The larger of the shares of memory and CPU that are kept from pods. */
function reservedShare({ kube, system, evict }: Reserve, { memoryMiB, vcpus }: InstanceTypeFacts): number {
  const total = memoryMiB * 2 ** 20;
  const memory =
    [kube?.memory, system?.memory].reduce((sum, text) => sum + bytes(text), 0) + evicted(evict?.memory, total);
  const cpu = [kube?.cpu, system?.cpu].reduce((sum, text) => sum + Number(parseQuantity(text ?? '0') ?? 0n) / 1e9, 0);
  return Math.max(memory / total, cpu / vcpus);
}

function bytes(text: string | undefined): number {
  return Number(bytesOf(parseQuantity(text ?? '0') ?? 0n));
}

function evicted(text: string | undefined, total: number): number {
  return text?.endsWith('%') ? (Number(text.slice(0, -1)) / 100) * total : bytes(text);
}
