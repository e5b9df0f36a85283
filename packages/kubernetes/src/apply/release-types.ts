import type { ApiCatalog } from '../client/api-catalog.ts';
import type { ApiStatus } from '../client/status-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import type { FieldChange } from './diff-fields.ts';
import type { Inventory } from './inventory.ts';
import type { ChangeClass } from './object-nature.ts';

/** One application of the platform, as it is rendered. */
export interface ReleaseComponent {
  readonly name: string;
  readonly objects: readonly KubernetesObject[];
  /** Keys (`keyOf`) of objects that still hold late values, and what they wait for: planned without a dry run. */
  readonly late?: ReadonlyMap<string, string>;
}

/** An object of the release as it will be sent: namespace settled, member label set. */
export interface PlacedObject {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly component: string;
  readonly object: KubernetesObject;
  /** What must be made first, in words; absent when the object can be tried now. */
  readonly knownAfter?: string;
  /** Why it can never be applied; absent when it can. */
  readonly refusal?: string;
}

export interface ObservedParent {
  readonly component: string;
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly inventory: Inventory;
  /** As read, to write it only when it changes. */
  readonly inventoryText: string;
}

export interface ObservedMember {
  /** The component whose set it is in. */
  readonly component: string;
  readonly object: KubernetesObject;
}

/** What is there, as one list per kind tells it. */
export interface ObservedRelease {
  readonly catalog: ApiCatalog;
  readonly parents: ReadonlyMap<string, ObservedParent>;
  /** By object key. */
  readonly members: ReadonlyMap<string, ObservedMember>;
  readonly namespaces: ReadonlySet<string>;
}

export interface FieldConflict {
  /** `.spec.replicas` */
  readonly field: string;
  readonly manager: string;
}

/** What the server said to a dry run. */
export type ProbeOutcome =
  /** `taken`: fields that others hold and that the apply takes (back). */
  | {
      readonly kind: 'merged';
      readonly object: KubernetesObject;
      readonly created: boolean;
      readonly taken: readonly FieldConflict[];
      readonly drift: boolean;
    }
  | { readonly kind: 'conflict'; readonly conflicts: readonly FieldConflict[] }
  | { readonly kind: 'refused'; readonly status: ApiStatus }
  /** The namespace or kind is not there yet. */
  | { readonly kind: 'notYet'; readonly why: string };

export interface Probe {
  /** The object as it is, also when it lacks our label; `undefined` when there is none. */
  readonly live: KubernetesObject | undefined;
  readonly outcome: ProbeOutcome;
}

interface ChangeBase {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly component: string;
  readonly class: ChangeClass;
  readonly why: string;
  readonly fields: readonly FieldChange[];
}

/** One line of the plan. */
export type ObjectChange =
  /** `refresh`: nothing changes in the cluster but what the inventory remembers of the object. */
  | (ChangeBase & { readonly kind: 'none'; readonly refresh: boolean })
  /** `knownAfter`: not tried, as what it needs is made by this release. */
  | (ChangeBase & { readonly kind: 'create'; readonly knownAfter?: string })
  /** `drift`: the release did not ask for it, somebody changed the object. */
  | (ChangeBase & {
      readonly kind: 'update';
      readonly drift: boolean;
      readonly force: boolean;
      readonly knownAfter?: string;
    })
  | (ChangeBase & { readonly kind: 'move'; readonly movedFrom: string; readonly force: boolean })
  /** A field that cannot change: delete and make anew. `isGoing`: somebody has deleted it already. */
  | (ChangeBase & {
      readonly kind: 'replace';
      readonly uid: string | undefined;
      readonly dataBearing: boolean;
      readonly isGoing: boolean;
    })
  | (ChangeBase & { readonly kind: 'prune'; readonly uid: string | undefined; readonly dataBearing: boolean })
  /** Would be pruned, but holds data, and nobody allowed its loss. */
  | (ChangeBase & { readonly kind: 'retain' })
  | (ChangeBase & { readonly kind: 'conflict'; readonly conflicts: readonly FieldConflict[] })
  | (ChangeBase & { readonly kind: 'refused'; readonly status: ApiStatus | undefined });

export interface ReleasePlan {
  /** In the order of components, phases and names; what goes comes last. */
  readonly changes: readonly ObjectChange[];
  readonly components: readonly string[];
  readonly placed: readonly PlacedObject[];
  readonly observed: ObservedRelease;
}

/** True when applying would change nothing in the cluster. */
export function isPlanEmpty(plan: ReleasePlan): boolean {
  return plan.changes.every((change) => change.kind === 'none' || change.kind === 'retain');
}

/** The lines that keep a plan from being applied. */
export function blockersOf(plan: ReleasePlan): readonly ObjectChange[] {
  return plan.changes.filter((change) => change.kind === 'conflict' || change.kind === 'refused');
}
