import type { KubernetesClient } from '../client/kubernetes-client.ts';
import { fieldManager, inventoryNamespace, parentNameOf, parentObjectOf, sortedSet } from './applyset.ts';
import { formatInventory, type Inventory } from './inventory.ts';
import type { ObservedRelease } from './release-types.ts';

export interface ParentState {
  readonly component: string;
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly inventory: Inventory;
}

/** Writes a component's parent unless it already says so. `again`: it was written since it was observed. */
export async function writeParent(
  client: KubernetesClient,
  observed: ObservedRelease,
  state: ParentState,
  signal: AbortSignal | undefined,
  again?: 'again',
): Promise<void> {
  const before = observed.parents.get(state.component);
  const namespaces = sortedSet(state.namespaces).filter((namespace) => namespace !== inventoryNamespace);
  const groupKinds = sortedSet(state.groupKinds);
  const inventory = formatInventory(state.inventory);
  const same =
    before !== undefined &&
    again === undefined &&
    before.inventoryText === inventory &&
    before.groupKinds.join() === groupKinds.join() &&
    before.namespaces.join() === namespaces.join();
  // One that is not known as ours may be of another tool, whose fields are not taken.
  if (!same)
    await client.apply(
      parentObjectOf({ component: state.component, groupKinds, namespaces, inventory }),
      { fieldManager, force: before !== undefined },
      signal,
    );
}

/** Takes away the parent of a component that has no members left. */
export async function deleteParent(
  client: KubernetesClient,
  component: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await client.delete(
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: inventoryNamespace, name: parentNameOf(component) },
    {},
    signal,
  );
}
