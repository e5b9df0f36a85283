import { isRoadsteadError } from '@roadstead/foundation';
import { type JsonRecord, parseAnswer, stringAt, toKubernetesObject, valueAt } from '../objects/kubernetes-object.ts';
import { describeRef } from '../objects/object-ref.ts';
import type { PodLogOptions, ReadOnlyKubernetesClient } from './kubernetes-client.ts';
import { listAll } from './list.ts';
import { queryText, resourcePath } from './resource-path.ts';
import { type Shared, sendApply, servedMapping } from './shared.ts';
import { watchForever } from './watch.ts';

/** The half of a client that only looks. */
export function createReader(shared: Shared): ReadOnlyKubernetesClient {
  const { transport, catalog } = shared;
  const getText = (path: string, what: string, signal?: AbortSignal) =>
    transport.request({ method: 'GET', path, what, idempotent: true, signal });
  const review = async (path: string, kind: string, spec: JsonRecord, signal?: AbortSignal): Promise<unknown> => {
    const body = JSON.stringify({ apiVersion: path.slice('/apis/'.length, path.lastIndexOf('/')), kind, spec });
    const what = `ask ${kind}`;
    const text = await transport.request({
      method: 'POST',
      path,
      what,
      body,
      contentType: 'application/json',
      idempotent: true,
      signal,
    });
    return parseAnswer(text, what);
  };
  return {
    server: shared.server,
    version: async (signal) => {
      const answer: unknown = parseAnswer(await getText('/version', 'read the version', signal), 'read the version');
      return {
        gitVersion: stringAt(answer, 'gitVersion') ?? '',
        major: stringAt(answer, 'major') ?? '',
        minor: stringAt(answer, 'minor') ?? '',
      };
    },
    discover: (options = {}) => catalog.read(options.refresh === true, options.signal),
    mapping: (kind, signal) => catalog.mapping(kind, signal),
    get: async (ref, signal) => {
      const mapping = await catalog.mapping(ref, signal);
      if (mapping === undefined) return undefined;
      const what = `read ${describeRef(ref)}`;
      try {
        return toKubernetesObject(parseAnswer(await getText(resourcePath(mapping, ref), what, signal), what), what);
      } catch (error) {
        if (isRoadsteadError(error, 'KUBE_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    list: async (kind, options = {}) => listAll(transport, await servedMapping(shared, kind, options.signal), options),
    watch: (kind, options) =>
      watchForever({ ...shared, mapping: () => servedMapping(shared, kind, options.signal) }, options),
    getRaw: (path, signal) => getText(path, `read ${path}`, signal),
    podLog: (pod, options = {}, signal) =>
      getText(logPath(pod, options), `read the log of pod ${pod.namespace}/${pod.name}`, signal),
    canI: async (question, signal) => {
      const answer = await review(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        'SelfSubjectAccessReview',
        { resourceAttributes: question },
        signal,
      );
      return valueAt(answer, 'status', 'allowed') === true;
    },
    whoAmI: async (signal) => {
      const answer = await review('/apis/authentication.k8s.io/v1/selfsubjectreviews', 'SelfSubjectReview', {}, signal);
      const groups = valueAt(answer, 'status', 'userInfo', 'groups');
      return {
        username: stringAt(answer, 'status', 'userInfo', 'username') ?? '',
        groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
      };
    },
    dryRunApply: (object, options, signal) => sendApply(shared, object, { ...options, dryRun: true }, signal),
    close: () => transport.close(),
  };
}

function logPath(pod: { readonly namespace: string; readonly name: string }, options: PodLogOptions): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`;
  return path + queryText({ container: options.container, tailLines: options.tailLines, previous: options.previous });
}
