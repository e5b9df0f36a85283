import type { Eks } from '../deps.ts';
import { type ClusterRecord, type LogType, logTypes } from '../model.ts';
import { isAwsError } from '../shared/errors.ts';
import { flag, type Members, records, texts } from '../shared/read.ts';

/** The log types that are on after a `logging` request; a type may be named on one side only, the last one wins. */
export function logsAfter(before: ReadonlySet<LogType>, logging: Members): ReadonlySet<LogType> {
  const after = new Set(before);
  for (const setup of records(logging, 'clusterLogging')) {
    for (const type of logTypes.filter((known) => texts(setup, 'types')?.includes(known))) {
      if (flag(setup, 'enabled') === true) after.add(type);
      else after.delete(type);
    }
  }
  return after;
}

/** EKS makes the log group when the first type is switched on, and never deletes it. */
export async function ensureLogGroup(eks: Eks, cluster: ClusterRecord): Promise<void> {
  if (cluster.enabledLogs.size === 0) return;
  try {
    await eks.context.backend.call(cluster.place, 'logs', 'CreateLogGroup', {
      logGroupName: `/aws/eks/${cluster.name}/cluster`,
    });
  } catch (error) {
    if (!isAwsError(error, 'ResourceAlreadyExistsException')) throw error;
  }
}
