import { mapBounded } from '@roadstead/foundation';
import { type ReadOnlyKubernetesClient, requestsAtOnce } from '../client/kubernetes-client.ts';
import { KubernetesStatusError } from '../client/status-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { fieldManager } from './applyset.ts';
import { conflictsOf, decideConflicts } from './decide-conflicts.ts';
import { desiredDigestOf } from './fingerprint.ts';
import { effectiveDesired, recordOf } from './plan-objects.ts';
import type { FieldConflict, ObservedRelease, PlacedObject, Probe, ProbeOutcome } from './release-types.ts';

/** Asks the server, by dry run, what applying each object would make of it. */
export async function probeObjects(
  client: ReadOnlyKubernetesClient,
  suspects: readonly PlacedObject[],
  observed: ObservedRelease,
  mayForce: (placed: PlacedObject, conflict: FieldConflict) => boolean,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Probe>> {
  const probes = await mapBounded(suspects, requestsAtOnce, async (placed): Promise<[string, Probe]> => {
    const listed = observed.members.get(placed.key)?.object;
    const first = await tryApply(client, placed, listed, observed, mayForce, signal);
    if (listed !== undefined || !isThere(first)) return [placed.key, { live: listed, outcome: first }];
    // There without our label: made by somebody else, or the label was taken off. Now its true state is needed.
    const live = await client.get(placed.ref, signal);
    return [
      placed.key,
      { live, outcome: live === undefined ? first : await tryApply(client, placed, live, observed, mayForce, signal) },
    ];
  });
  return new Map(probes);
}

function isThere(outcome: ProbeOutcome): boolean {
  if (outcome.kind === 'merged') return !outcome.created;
  return outcome.kind === 'conflict' || (outcome.kind === 'refused' && outcome.status.code === 422);
}

async function tryApply(
  client: ReadOnlyKubernetesClient,
  placed: PlacedObject,
  live: KubernetesObject | undefined,
  observed: ObservedRelease,
  mayForce: (placed: PlacedObject, conflict: FieldConflict) => boolean,
  signal: AbortSignal | undefined,
): Promise<ProbeOutcome> {
  const desired = effectiveDesired(placed, live);
  const attempt = (force: boolean) => client.dryRunApply(desired, { fieldManager, force }, signal);
  try {
    return { kind: 'merged', ...(await attempt(false)), taken: [], drift: false };
  } catch (error) {
    const conflicts = error instanceof KubernetesStatusError ? conflictsOf(error.status) : [];
    if (conflicts.length === 0) return refusal(error, placed);
    const decision = decideConflicts(conflicts, recordOf(observed, placed), desiredDigestOf(desired), (conflict) =>
      mayForce(placed, conflict),
    );
    if (decision.kind === 'report') return { kind: 'conflict', conflicts: decision.conflicts };
    try {
      return { kind: 'merged', ...(await attempt(true)), taken: conflicts, drift: decision.drift };
    } catch (forced) {
      return refusal(forced, placed);
    }
  }
}

/** What the server refuses is a line of the plan; anything else (no connection, no right to ask) stops the planning. */
function refusal(error: unknown, placed: PlacedObject): ProbeOutcome {
  if (!(error instanceof KubernetesStatusError)) throw error;
  const { status } = error;
  if (status.code === 404)
    return {
      kind: 'refused',
      status: {
        ...status,
        message: `${status.message}: namespace ${placed.ref.namespace ?? ''} is neither there nor in the release`,
      },
    };
  if (status.code === 400 && /does not support dry run/.test(status.message))
    return { kind: 'notYet', why: 'an admission webhook that cannot be asked without doing' };
  const webhook = /failed calling webhook "([^"]*)"/.exec(status.message);
  if (status.code === 500 && webhook !== null)
    return { kind: 'notYet', why: `the admission webhook ${webhook[1]}, which does not answer` };
  if (error.code === 'KUBE_INVALID') return { kind: 'refused', status };
  if (
    status.code === 401 ||
    (status.code === 403 && /^[^:]* is forbidden: User .* cannot /.test(status.message)) ||
    status.code >= 500 ||
    status.code === 429
  )
    throw error;
  return { kind: 'refused', status };
}
