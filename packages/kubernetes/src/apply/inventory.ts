import type { Fingerprint } from './fingerprint.ts';

/** Fingerprints of a component's members by object key (`keyOf`). */
export type Inventory = ReadonlyMap<string, Fingerprint>;

/** A ConfigMap holds 1 MiB; what is over is left out. A member without a record costs one dry run, and is never lost. */
const mostBytes = 900_000;

/**
 * One JSON line per member, `["Deployment.apps/shop/web","<desired>","<live>","<owned paths>"]`, sorted. It is a cache
 * of what was seen after an apply: without it plans are as right and slower.
 */
export function formatInventory(inventory: Inventory): string {
  const entries = [...inventory].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const linesWith = (paths: boolean) =>
    entries.map(([key, { desired, live, owned }]) =>
      JSON.stringify(paths ? [key, desired, live, owned] : [key, desired, live, '']),
    );
  const full = linesWith(true);
  const lines = sizeOf(full) <= mostBytes ? full : linesWith(false);
  while (sizeOf(lines) > mostBytes) lines.length = Math.floor(lines.length * 0.9);
  return lines.join('\n');
}

/** A line that cannot be read is as if it were not there. */
export function parseInventory(text: string): Inventory {
  const records = text.split('\n').flatMap((line): [string, Fingerprint][] => {
    const [key, desired, live, owned] = parseLine(line);
    if (key === undefined || desired === undefined || live === undefined) return [];
    return [[key, { desired, live, owned: owned ?? '' }]];
  });
  return new Map(records);
}

function parseLine(line: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(line);
    return Array.isArray(parsed) && parsed.every((part) => typeof part === 'string') ? parsed : [];
  } catch {
    return [];
  }
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
