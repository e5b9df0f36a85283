import { isRoadsteadError } from '@roadstead/foundation';
import { type JsonRecord, parseAnswer, toKubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, refOf } from '../objects/object-ref.ts';
import type { DeleteOptions, KubernetesWriter } from './kubernetes-client.ts';
import { resourcePath } from './resource-path.ts';
import { type Shared, sendApply, servedMapping } from './shared.ts';
import type { ApiRequest, Transport } from './transport.ts';

/** The half of a client that changes things. */
export function createWriter(shared: Shared): KubernetesWriter {
  const { transport } = shared;
  const sendObject = async (request: ApiRequest) =>
    toKubernetesObject(parseAnswer(await transport.request(request), request.what), request.what);
  return {
    apply: (object, options, signal) => sendApply(shared, object, { ...options, dryRun: false }, signal),
    create: async (object, signal) => {
      const path = resourcePath(await servedMapping(shared, object, signal), { namespace: object.metadata.namespace });
      const what = `create ${describeRef(refOf(object))}`;
      return sendObject({
        method: 'POST',
        path,
        what,
        body: JSON.stringify(object),
        contentType: 'application/json',
        idempotent: false,
        signal,
      });
    },
    patch: async (ref, type, patch, { subresource, signal } = {}) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), { ...ref, subresource });
      const contentType = `application/${type === 'strategic' ? 'strategic-merge' : type === 'json' ? 'json' : 'merge'}-patch+json`;
      return sendObject({
        method: 'PATCH',
        path,
        what: `patch ${describeRef(ref)}`,
        body: JSON.stringify(patch),
        contentType,
        idempotent: type !== 'json',
        signal,
      });
    },
    delete: async (ref, options = {}, signal) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), ref);
      const body = JSON.stringify(deleteBody(options));
      return sendUnlessGone(transport, {
        method: 'DELETE',
        path,
        what: `delete ${describeRef(ref)}`,
        body,
        contentType: 'application/json',
        idempotent: true,
        signal,
      });
    },
    evict: async (pod, signal) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/eviction`;
      const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: pod });
      try {
        // One attempt: a 429 here is a disruption budget's answer, and the caller decides how long to wait.
        return await sendUnlessGone(transport, {
          method: 'POST',
          path,
          what: `evict pod ${pod.namespace}/${pod.name}`,
          body,
          contentType: 'application/json',
          idempotent: false,
          maxAttempts: 1,
          signal,
        });
      } catch (error) {
        if (isRoadsteadError(error, 'KUBE_THROTTLED')) return 'blocked';
        throw error;
      }
    },
    createSubresource: async (ref, subresource, body, signal) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), { ...ref, subresource });
      const what = `create ${subresource} of ${describeRef(ref)}`;
      const text = await transport.request({
        method: 'POST',
        path,
        what,
        body: JSON.stringify(body),
        contentType: 'application/json',
        idempotent: false,
        signal,
      });
      return parseAnswer(text, what);
    },
  };
}

async function sendUnlessGone(transport: Transport, request: ApiRequest): Promise<'accepted' | 'gone'> {
  try {
    await transport.request(request);
    return 'accepted';
  } catch (error) {
    if (isRoadsteadError(error, 'KUBE_NOT_FOUND')) return 'gone';
    throw error;
  }
}

function deleteBody(options: DeleteOptions): JsonRecord {
  const preconditions = { uid: options.uid, resourceVersion: options.resourceVersion };
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: options.propagation ?? 'Background',
    gracePeriodSeconds: options.gracePeriodSeconds,
    preconditions: options.uid === undefined && options.resourceVersion === undefined ? undefined : preconditions,
  };
}
