import type { ReadOnlyKubernetesClient } from '../client/kubernetes-client.ts';
import { type ObjectRef, refOf } from '../objects/object-ref.ts';
import { observeRelease } from './observe-release.ts';
import { placeObjects } from './place-objects.ts';
import { planObjects, suspectsOf } from './plan-objects.ts';
import { probeObjects } from './probe-objects.ts';
import type { FieldConflict, ReleaseComponent, ReleasePlan } from './release-types.ts';

export interface PlanOptions {
  /** Lets an apply take a field that another manager owns and that was never ours. Default: never. */
  readonly mayForce?: (ref: ObjectRef, conflict: FieldConflict) => boolean;
  /** Lets namespaces, CRDs and volumes go that are no longer in the release. Default: never. */
  readonly allowDataLoss?: (ref: ObjectRef) => boolean;
  /**
   * Default true: objects that are not there are tried as well, so that the plan shows what the server would refuse.
   * False saves one request for each; what is refused then shows when it is applied.
   */
  readonly tryNew?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Compares the whole release with the cluster. Writes nothing. When nothing changed it costs one list per kind, plus
 * one of the inventory and one of the namespaces; every object in doubt costs a dry run more.
 */
export async function planRelease(
  client: ReadOnlyKubernetesClient,
  components: readonly ReleaseComponent[],
  options: PlanOptions = {},
): Promise<ReleasePlan> {
  const { signal, mayForce, allowDataLoss } = options;
  const objects = components.flatMap((component) => component.objects);
  const names = components.map((component) => component.name);
  const observed = await observeRelease(client, names, objects.map(refOf), signal);
  const placed = placeObjects(components, observed.catalog, observed.namespaces);
  const force = (each: { readonly ref: ObjectRef }, conflict: FieldConflict) => mayForce?.(each.ref, conflict) ?? false;
  const probes = await probeObjects(client, suspectsOf(placed, observed, options.tryNew), observed, force, signal);
  const changes = planObjects({ placed, observed, probes, policy: { allowDataLoss: allowDataLoss ?? (() => false) } });
  return { changes, components: names, placed, observed };
}
