import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';

export async function installSelfManagedAddons(
  _eks: Eks,
  _cluster: ClusterRecord,
  _signal: AbortSignal,
): Promise<void> {}
