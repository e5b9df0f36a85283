import { messageOf } from '@roadstead/foundation';
import type { Eks } from '../deps.ts';
import { now } from '../deps.ts';
import type { ClusterRecord, UpdateRecord } from '../model.ts';
import { isAwsError, resourceInUse } from '../shared/errors.ts';

/** What an update touches: the cluster itself, one node group or one add-on. */
export interface UpdateScope {
  readonly nodegroupName?: string;
  readonly addonName?: string;
}

/** A failure that an update reports by EKS's own code, instead of `Unknown`. */
export class UpdateFailure extends Error {
  override readonly name = 'UpdateFailure';
  readonly code: string;
  readonly resourceIds: readonly string[];

  constructor(code: string, message: string, resourceIds: readonly string[]) {
    super(message);
    this.code = code;
    this.resourceIds = resourceIds;
  }
}

export function runningUpdate(cluster: ClusterRecord, scope: UpdateScope): UpdateRecord | undefined {
  return cluster.updates.find((update) => update.status === 'InProgress' && sameScope(update, scope));
}

export function sameScope(update: UpdateScope, scope: UpdateScope): boolean {
  return update.nodegroupName === scope.nodegroupName && update.addonName === scope.addonName;
}

/** Updates of one thing exclude each other, and those of the cluster exclude a start of any other. */
export function updateInTheWay(cluster: ClusterRecord, scope: UpdateScope, wanted: string): string | undefined {
  const running = runningUpdate(cluster, scope) ?? runningUpdate(cluster, {});
  if (running === undefined) return undefined;
  const thing = running.nodegroupName ?? running.addonName ?? cluster.name;
  return `Cannot ${wanted} because ${thing} currently has update ${running.id} (${running.type}) in progress`;
}

export function refuseWhileUpdating(cluster: ClusterRecord, scope: UpdateScope, wanted: string): void {
  const inTheWay = updateInTheWay(cluster, scope, wanted);
  if (inTheWay !== undefined) throw resourceInUse(inTheWay, { clusterName: cluster.name, ...scope });
}

/** Journals a started update. The caller has checked that none runs. */
export function openUpdate(
  eks: Eks,
  cluster: ClusterRecord,
  scope: UpdateScope,
  type: string,
  params: readonly (readonly [string, string | undefined])[],
): UpdateRecord {
  const update: UpdateRecord = {
    id: eks.uuid(),
    type,
    params: params.flatMap(([name, value]) => (value === undefined ? [] : [{ type: name, value }])),
    createdAt: now(eks),
    status: 'InProgress',
    errors: [],
    ...scope,
  };
  cluster.updates.push(update);
  eks.state.changed();
  return update;
}

/** Runs an update's work and closes it, whatever happens. Resolves to whether it succeeded. */
export async function closeUpdate(eks: Eks, update: UpdateRecord, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    update.status = 'Successful';
  } catch (error) {
    const known = error instanceof UpdateFailure;
    update.errors = [
      {
        errorCode: known ? error.code : isAwsError(error, 'AccessDenied') ? 'AccessDenied' : 'Unknown',
        errorMessage: messageOf(error),
        resourceIds: known ? error.resourceIds : [],
      },
    ];
    update.status = 'Failed';
    eks.context.log({ update: update.id, type: update.type, error: messageOf(error) }, 'update failed');
  }
  eks.state.changed();
  return update.status === 'Successful';
}

export function updateView(update: UpdateRecord): Record<string, unknown> {
  return {
    id: update.id,
    status: update.status,
    type: update.type,
    params: update.params,
    createdAt: update.createdAt,
    errors: update.errors,
  };
}
