import type { RuleInput } from './check-cluster.ts';
import type { ClusterFile } from './cluster-schema.ts';
import type { Path } from './positions.ts';
import { parseQuantity } from './quantity.ts';

type FilePool = ClusterFile['spec']['nodePools'][number];
type Report = RuleInput['report'];
type Resource = 'cpu' | 'memory' | 'disk';

const nano = 1_000_000_000n;
const mebi = 2n ** 20n;
/** Less is a mistake of the unit: `100m` of memory is a tenth of a byte. */
const least: Readonly<Record<Resource, bigint>> = { cpu: nano / 1000n, memory: mebi * nano, disk: mebi * nano };
/** More has no instance: a unit that was written to a CPU, or bytes with a unit too much. */
const most: Readonly<Record<Resource, bigint>> = {
  cpu: 1024n * nano,
  memory: 64n * 2n ** 40n * nano,
  disk: 64n * 2n ** 40n * nano,
};
const examples: Readonly<Record<Resource, string>> = { cpu: '250m', memory: '1Gi', disk: '1Gi' };

/** What a pool keeps from pods: quantities, each plausible for what it is of, and together less than the disk. */
export function checkReserve(pool: FilePool, path: Path, report: Report): void {
  const { kube = {}, system = {}, evict = {} } = pool.reserve ?? {};
  for (const [part, resources] of Object.entries({ kube, system })) {
    for (const [resource, text] of Object.entries(resources))
      checkQuantity(text, resource as Resource, [...path, 'reserve', part, resource], report);
  }
  for (const [resource, text] of Object.entries(evict)) {
    const at = [...path, 'reserve', 'evict', resource];
    const percent = percentOf(text);
    if (percent === undefined) checkQuantity(text, resource as Resource, at, report);
    else if (percent <= 0 || percent >= 100)
      report(at, {
        code: 'WRONG_QUANTITY',
        message: `${text} leaves nothing to decide`,
        hint: 'between 0% and 100%, as 10%',
        value: text,
      });
  }
  checkDisk(pool, path, report);
}

function percentOf(text: string | undefined): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text ?? '')?.[1];
  return percent === undefined ? undefined : Number(percent);
}

function checkDisk({ reserve, diskGiB }: FilePool, path: Path, report: Report): void {
  const total = BigInt(diskGiB) * 2n ** 30n * nano;
  const evict = percentOf(reserve?.evict?.disk);
  const evicted =
    evict === undefined ? quantity(reserve?.evict?.disk) : (total * BigInt(Math.round(evict * 100))) / 10_000n;
  if (quantity(reserve?.kube?.disk) + quantity(reserve?.system?.disk) + evicted < total) return;
  report([...path, 'reserve'], {
    code: 'RESERVE_OVER_NODE',
    message: `the reservations take the whole disk of ${diskGiB} GiB`,
    hint: 'reserve less, or a larger diskGiB',
  });
}

function quantity(text: string | undefined): bigint {
  return parseQuantity(text ?? '0') ?? 0n;
}

function checkQuantity(text: string | undefined, resource: Resource, at: Path, report: Report): void {
  if (text === undefined) return;
  const parsed = parseQuantity(text);
  if (parsed !== undefined && parsed >= least[resource] && parsed <= most[resource]) return;
  const message =
    parsed === undefined || parsed <= 0n
      ? `${JSON.stringify(text)} is not a quantity`
      : `${JSON.stringify(text)} is ${parsed < least[resource] ? 'next to nothing' : 'more than any node has'} of ${resource}`;
  report(at, { code: 'WRONG_QUANTITY', message, hint: quantityHint(text, resource), value: text });
}

function quantityHint(text: string, resource: Resource): string {
  if (/^\d+(\.\d+)?\s*[kmgt]i?b$/i.test(text))
    return `as Kubernetes writes it: ${text.replace(/\s*([kmgt])i?b$/i, (_, unit: string) => `${unit.toUpperCase()}i`)}`;
  return text.startsWith('-') ? 'more than nothing' : `as ${examples[resource]} of ${resource}`;
}
