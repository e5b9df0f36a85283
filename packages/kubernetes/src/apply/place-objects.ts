import { type ApiCatalog, findMapping, isUnreadable } from '../client/api-catalog.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, groupKindOf, groupOf, keyOf, refOf } from '../objects/object-ref.ts';
import { applySetIdOf, partOfLabel } from './applyset.ts';
import { type DeclaredKind, declaredKindsOf } from './declared-kinds.ts';
import type { PlacedObject, ReleaseComponent } from './release-types.ts';
import { withStoredValues, wrongSecretValues } from './secret-values.ts';

interface Scope {
  readonly namespaced: boolean;
  readonly served: boolean;
}

/**
 * Settles each object's namespace by its kind's scope (served, or declared by a CRD of the release), gives it its member
 * label, and says what must be made before it. The first of two objects of one identity wins; the second is refused.
 */
export function placeObjects(
  components: readonly ReleaseComponent[],
  catalog: ApiCatalog,
  namespaces: ReadonlySet<string>,
): readonly PlacedObject[] {
  const all = components.flatMap((component) => component.objects);
  const declared = all.flatMap(declaredKindsOf);
  const coming = new Set(
    all.filter((object) => groupKindOf(object) === 'Namespace').map((object) => object.metadata.name),
  );
  const seen = new Map<string, string>();
  const scopeOf = (object: KubernetesObject): Scope | undefined => {
    const mapping = findMapping(catalog, object);
    if (mapping !== undefined) return { namespaced: mapping.namespaced, served: true };
    const coming = declared.find((each) => each.apiVersion === object.apiVersion && each.kind === object.kind);
    return coming === undefined ? undefined : { namespaced: coming.namespaced, served: false };
  };
  const place = (component: ReleaseComponent, raw: KubernetesObject): PlacedObject => {
    const scope = scopeOf(raw);
    const object = withStoredValues(withMember(component.name, withNamespace(raw, scope)));
    const ref = refOf(object);
    const key = keyOf(ref);
    const base = { key, ref, component: component.name, object };
    const first = seen.get(key);
    if (first !== undefined) return { ...base, refusal: `${describeRef(ref)} is already in component ${first}` };
    seen.set(key, component.name);
    if (scope === undefined) return { ...base, refusal: notServed(raw, catalog, declared) };
    const wrong = wrongSecretValues(raw);
    if (wrong !== undefined) return { ...base, refusal: wrong };
    const late = component.late?.get(keyOf(refOf(raw))) ?? component.late?.get(key);
    if (late !== undefined) return { ...base, knownAfter: late };
    if (!scope.served) return { ...base, knownAfter: `CustomResourceDefinition of ${groupKindOf(raw)}` };
    const namespace = ref.namespace;
    const waits = namespace !== undefined && !namespaces.has(namespace) && coming.has(namespace);
    return waits ? { ...base, knownAfter: `Namespace ${namespace}` } : base;
  };
  return components.flatMap((component) => component.objects.map((object) => place(component, object)));
}

function withNamespace(object: KubernetesObject, scope: Scope | undefined): KubernetesObject {
  const { namespace, ...metadata } = object.metadata;
  if (scope?.namespaced === false) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, namespace: namespace ?? 'default' } };
}

function withMember(component: string, object: KubernetesObject): KubernetesObject {
  const { creationTimestamp: _made, ...metadata } = object.metadata;
  const labels = { ...metadata.labels, [partOfLabel]: applySetIdOf(component) };
  return { ...object, metadata: { ...metadata, labels } };
}

function notServed(object: KubernetesObject, catalog: ApiCatalog, declared: readonly DeclaredKind[]): string {
  const group = groupOf(object.apiVersion);
  const others = [...catalog.resources, ...declared].filter(
    (each) => each.kind === object.kind && each.group === group,
  );
  if (others.length > 0) {
    const versions = new Set(
      others.map((each) => (each.group === '' ? each.version : `${each.group}/${each.version}`)),
    );
    return `this cluster serves ${object.kind} as ${[...versions].join(', ')}, not as ${object.apiVersion}`;
  }
  if (isUnreadable(catalog, group))
    return `what serves ${object.apiVersion} ${object.kind} does not answer: see kubectl get apiservices`;
  return `this cluster does not serve ${object.apiVersion} ${object.kind}, and no CustomResourceDefinition of this release declares it`;
}
