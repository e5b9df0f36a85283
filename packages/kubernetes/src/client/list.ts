import { isRoadsteadError } from '@roadstead/foundation';
import {
  isRecord,
  type KubernetesObject,
  parseAnswer,
  recordsAt,
  stringAt,
  toKubernetesObject,
} from '../objects/kubernetes-object.ts';
import { apiVersionOf } from '../objects/object-ref.ts';
import { type ResourceMapping, resourcePath } from './resource-path.ts';
import type { Transport } from './transport.ts';

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per page; default 500. */
  readonly pageSize?: number;
  /** Leaves `metadata.managedFields` out of what is kept: about a quarter of the memory. */
  readonly dropManagedFields?: boolean;
  readonly signal?: AbortSignal;
}

export interface ListResult {
  readonly items: readonly KubernetesObject[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

const listTimeoutMs = 60_000;

/** Reads all pages. A list whose snapshot expired between pages begins anew, once, without pages. */
export async function listAll(
  transport: Transport,
  mapping: ResourceMapping,
  options: ListOptions,
): Promise<ListResult> {
  try {
    return await listPages(transport, mapping, options, options.pageSize ?? 500);
  } catch (error) {
    if (!isRoadsteadError(error, 'KUBE_EXPIRED')) throw error;
    return listPages(transport, mapping, options, undefined);
  }
}

async function listPages(
  transport: Transport,
  mapping: ResourceMapping,
  options: ListOptions,
  limit: number | undefined,
): Promise<ListResult> {
  const items: KubernetesObject[] = [];
  let next: string | undefined;
  for (;;) {
    const query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, limit, continue: next };
    const path = resourcePath(mapping, { namespace: options.namespace, query });
    const what = `list ${mapping.resource}`;
    const page = parseAnswer(
      await transport.request({
        method: 'GET',
        path,
        what,
        idempotent: true,
        timeoutMs: listTimeoutMs,
        signal: options.signal,
      }),
      what,
    );
    for (const item of recordsAt(page, 'items'))
      items.push(toListItem(mapping, item, what, options.dropManagedFields === true));
    next = stringAt(page, 'metadata', 'continue');
    if (next === undefined || next === '')
      return { items, resourceVersion: stringAt(page, 'metadata', 'resourceVersion') ?? '' };
  }
}

/** Items of a list of a built-in kind carry no apiVersion and kind of their own. */
function toListItem(
  mapping: ResourceMapping,
  item: Readonly<Record<string, unknown>>,
  what: string,
  dropManagedFields: boolean,
): KubernetesObject {
  const object = toKubernetesObject(
    { apiVersion: apiVersionOf(mapping.group, mapping.version), kind: mapping.kind, ...item },
    what,
  );
  return dropManagedFields ? withoutManagedFields(object) : object;
}

export function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  if (!isRecord(object.metadata) || object.metadata.managedFields === undefined) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
