import { type KubernetesObject, recordsAt, stringAt } from '../objects/kubernetes-object.ts';
import { apiVersionOf, type KindRef } from '../objects/object-ref.ts';

/** A kind in one version, as a CustomResourceDefinition has it served. */
export interface DeclaredKind extends KindRef {
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
}

/** The kinds that an object declares: none when it is no CustomResourceDefinition. */
export function declaredKindsOf(object: KubernetesObject | undefined): readonly DeclaredKind[] {
  if (object?.kind !== 'CustomResourceDefinition') return [];
  const kind = stringAt(object, 'spec', 'names', 'kind');
  const group = stringAt(object, 'spec', 'group');
  if (kind === undefined || group === undefined) return [];
  const namespaced = stringAt(object, 'spec', 'scope') !== 'Cluster';
  return recordsAt(object, 'spec', 'versions').flatMap((each) => {
    const version = stringAt(each, 'name');
    if (version === undefined || each.served === false) return [];
    return [{ apiVersion: apiVersionOf(group, version), kind, group, version, namespaced }];
  });
}
