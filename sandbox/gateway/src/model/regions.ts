import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Partitions {
  readonly partitions: readonly { readonly id: string; readonly regions: Readonly<Record<string, unknown>> }[];
}

/** The regions of the commercial partition, as botocore knows them. */
export function regionsOf(botocoreData: string): ReadonlySet<string> {
  const parsed: Partitions = JSON.parse(readFileSync(join(botocoreData, 'partitions.json'), 'utf8'));
  const names = parsed.partitions.find(({ id }) => id === 'aws')?.regions ?? {};
  return new Set(Object.keys(names).filter((name) => name !== 'aws-global'));
}
