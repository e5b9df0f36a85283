import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { isRoadsteadError, RoadsteadError } from '@roadstead/foundation';
import {
  isKubernetesObject,
  type KubernetesObject,
  keyOf,
  planRelease,
  type ReadOnlyKubernetesClient,
  type ReleaseComponent,
  type ReleasePlan,
  refOf,
} from '@roadstead/kubernetes';
import { type Caller, type Outputs, resolveLate } from '@roadstead/provisioning';
import { linesOfObjects, linesWithoutCluster, type ObjectLines } from './object-changes.ts';

/** The release's components with their late values filled from what is known; what still waits says for what. */
export function componentsOf(release: Release, outputs: Outputs): ReleaseComponent[] {
  return release.components.map(({ name, objects }) => {
    const late = new Map<string, string>();
    const filled = objects.map((object) => {
      const { value, unknown } = resolveLate(object, outputs);
      const known = toObject(value, name);
      if (unknown.length > 0) late.set(keyOf(refOf(known)), unknown.join(', '));
      return known;
    });
    return { name, objects: filled, late };
  });
}

function toObject(value: unknown, component: string): KubernetesObject {
  if (isKubernetesObject(value)) return value;
  throw new RoadsteadError(`component ${component} holds something that is no Kubernetes object`, {
    code: 'RELEASE_MALFORMED',
    value,
    hint: 'roadstead channel check finds it',
  });
}

export interface ObjectPlan extends ObjectLines {
  /** Absent while there is no API server to compare with. */
  readonly plan?: ReleasePlan;
}

/**
 * Whether the API server should let the caller in as things are: no line of the plan makes or mends the caller's own
 * access entry. An entry alone does not do it: a run that was killed may have left one without its policy.
 */
export function isLetIn({ principalArn }: Pick<Caller, 'principalArn'>, changes: readonly Change[]): boolean {
  return principalArn === undefined || changes.every(({ id }) => id !== `eks/access-entry/${principalArn}`);
}

/**
 * Compares the components with the cluster, or plans everything as new while there is none. `expectsAccess` is false
 * while the caller's own access entry is still to be made or mended: then a refusal is no fault.
 */
export async function planObjectLines(
  client: ReadOnlyKubernetesClient | undefined,
  components: readonly ReleaseComponent[],
  options: { readonly expectsAccess: boolean; readonly signal: AbortSignal },
): Promise<ObjectPlan> {
  const asNew: ObjectPlan = { changes: linesWithoutCluster(components), refusals: [], warnings: [] };
  if (client === undefined) return asNew;
  try {
    const plan = await planRelease(client, components, { signal: options.signal });
    return { ...linesOfObjects(plan.changes), plan };
  } catch (error) {
    const shutOut = isRoadsteadError(error, 'KUBE_UNAUTHORIZED') || isRoadsteadError(error, 'KUBE_FORBIDDEN');
    if (shutOut && !options.expectsAccess) return asNew;
    throw error;
  }
}
