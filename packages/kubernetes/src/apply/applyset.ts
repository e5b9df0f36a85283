import { createHash } from 'node:crypto';
import { RoadsteadError } from '@roadstead/foundation';
import { isRecord, type KubernetesObject } from '../objects/kubernetes-object.ts';

/** Who owns the fields that we apply; one manager for all components, so that an object can move between them. */
export const fieldManager = 'roadstead';
/** Where the parents live: every cluster has it, and it is never part of a release's prune. */
export const inventoryNamespace = 'kube-system';

/** Labels and annotations of KEP-3659. */
export const partOfLabel = 'applyset.kubernetes.io/part-of';
export const idLabel = 'applyset.kubernetes.io/id';
export const toolingAnnotation = 'applyset.kubernetes.io/tooling';
export const groupKindsAnnotation = 'applyset.kubernetes.io/contains-group-kinds';
export const namespacesAnnotation = 'applyset.kubernetes.io/additional-namespaces';
export const tooling = 'roadstead/v1';

/** What a parent says about its set. Sorted lists, so that equal sets have equal bytes. */
export interface ApplySet {
  readonly component: string;
  /** `Deployment.apps`, `ConfigMap`: every kind that a member may have. */
  readonly groupKinds: readonly string[];
  /** Namespaces of members, but for the parent's own. */
  readonly namespaces: readonly string[];
  /** See `formatInventory`. */
  readonly inventory: string;
}

const componentName = /^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/;

/** The parent of a component's set: a ConfigMap, one of the two kinds that KEP-3659 allows without a CRD. */
export function parentNameOf(component: string): string {
  if (componentName.test(component)) return `roadstead-${component}`;
  throw new RoadsteadError(`"${component}" cannot be the name of a component`, {
    code: 'KUBE_COMPONENT_NAME',
    value: component,
    hint: 'Lower-case letters, digits, dots and dashes; it begins and ends with a letter or digit.',
  });
}

/** `applyset-<base64url(sha256(name.namespace.kind.group))>-v1`, as the KEP prescribes. */
export function applySetIdOf(component: string): string {
  const identity = `${parentNameOf(component)}.${inventoryNamespace}.ConfigMap.`;
  return `applyset-${createHash('sha256').update(identity).digest('base64url')}-v1`;
}

/** The parent object as it is applied. */
export function parentObjectOf(set: ApplySet): KubernetesObject {
  const namespaces = set.namespaces.filter((namespace) => namespace !== inventoryNamespace);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: parentNameOf(set.component),
      namespace: inventoryNamespace,
      labels: { [idLabel]: applySetIdOf(set.component) },
      annotations: {
        [toolingAnnotation]: tooling,
        [groupKindsAnnotation]: set.groupKinds.join(','),
        [namespacesAnnotation]: namespaces.join(','),
      },
    },
    data: { component: set.component, inventory: set.inventory },
  };
}

/** Reads a parent; one of another tool, or whose id does not belong to its name, is `undefined`. */
export function readParent(object: KubernetesObject): ApplySet | undefined {
  const data = isRecord(object.data) ? object.data : {};
  const { component, inventory } = data;
  const annotations = object.metadata.annotations ?? {};
  if (annotations[toolingAnnotation]?.split('/')[0] !== 'roadstead' || typeof component !== 'string') return undefined;
  if (!componentName.test(component) || object.metadata.labels?.[idLabel] !== applySetIdOf(component)) return undefined;
  const listOf = (text: string | undefined) => (text ?? '').split(',').filter((part) => part !== '');
  return {
    component,
    groupKinds: listOf(annotations[groupKindsAnnotation]),
    namespaces: listOf(annotations[namespacesAnnotation]),
    inventory: typeof inventory === 'string' ? inventory : '',
  };
}

/** `Deployment.apps` → its parts. */
export function parseGroupKind(text: string): { readonly group: string; readonly kind: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { group: '', kind: text } : { group: text.slice(dot + 1), kind: text.slice(0, dot) };
}

/** Sorted by code unit, each once. */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
