import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, refOf } from '../objects/object-ref.ts';
import { type ResourceMapping, resourcePath } from './resource-path.ts';
import type { ApiRequest } from './transport.ts';

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Take fields that another manager owns. Default false: the server answers 409 with each field and its owner. */
  readonly force?: boolean;
}

/** A server-side apply. Server-made metadata is left out of the body, where the server would refuse it. */
export function applyRequest(
  mapping: ResourceMapping,
  object: KubernetesObject,
  options: ApplyOptions & { readonly dryRun: boolean },
): ApiRequest {
  const {
    managedFields: _managed,
    resourceVersion: _version,
    uid: _uid,
    creationTimestamp: _created,
    generation: _generation,
    ...metadata
  } = object.metadata;
  const query = {
    fieldManager: options.fieldManager,
    force: options.force === true ? true : undefined,
    fieldValidation: 'Strict',
    dryRun: options.dryRun ? 'All' : undefined,
  };
  return {
    method: 'PATCH',
    path: resourcePath(mapping, { namespace: object.metadata.namespace, name: object.metadata.name, query }),
    what: `${options.dryRun ? 'try' : 'apply'} ${describeRef(refOf(object))}`,
    // JSON is YAML, and the server reads it much faster under this type than YAML proper.
    contentType: 'application/apply-patch+yaml',
    body: JSON.stringify({ ...object, metadata }),
    idempotent: true,
  };
}
