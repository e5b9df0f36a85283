import { type Clock, RoadsteadError } from '@roadstead/foundation';
import { type KubernetesObject, parseAnswer, toKubernetesObject } from '../objects/kubernetes-object.ts';
import type { KindRef } from '../objects/object-ref.ts';
import { type ApplyOptions, applyRequest } from './apply-request.ts';
import type { createCatalogCache } from './discovery.ts';
import type { Applied } from './kubernetes-client.ts';
import type { ResourceMapping } from './resource-path.ts';
import type { Transport } from './transport.ts';

/** What the parts of one client have in common. */
export interface Shared {
  readonly server: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly catalog: ReturnType<typeof createCatalogCache>;
}

/** The resource of a kind, or an error that says what to do about a kind that is not served. */
export async function servedMapping(
  shared: Shared,
  kind: KindRef,
  signal: AbortSignal | undefined,
): Promise<ResourceMapping> {
  const mapping = await shared.catalog.mapping(kind, signal);
  if (mapping !== undefined) return mapping;
  throw new RoadsteadError(`this API server does not serve ${kind.kind} in ${kind.apiVersion}`, {
    code: 'KUBE_KIND_NOT_SERVED',
    value: `${kind.apiVersion}/${kind.kind}`,
    hint: 'Its CustomResourceDefinition is missing, or this Kubernetes version no longer has that API version.',
  });
}

/** Server-side apply, dry or not. */
export async function sendApply(
  shared: Shared,
  object: KubernetesObject,
  options: ApplyOptions & { readonly dryRun: boolean },
  signal?: AbortSignal,
): Promise<Applied> {
  const request = applyRequest(await servedMapping(shared, object, signal), object, options);
  const { status, text } = await shared.transport.exchange({ ...request, signal });
  return { object: toKubernetesObject(parseAnswer(text, request.what), request.what), created: status === 201 };
}
