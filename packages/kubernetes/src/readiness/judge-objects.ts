import { mapBounded } from '@roadstead/foundation';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import { type KubernetesObject, stringAt } from '../objects/kubernetes-object.ts';
import { groupKindOf, type KindRef, keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { controllerUidOf, podsOf, podsOfNewest } from './pods-of.ts';
import type { Readiness } from './readiness.ts';
import { type Related, readinessOf } from './readiness-of.ts';

/** Kinds that are judged by their pods as well. */
export const withPods: ReadonlySet<string> = new Set([
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'ReplicaSet.apps',
  'Job.batch',
]);

/** An object as it was found to be. */
export interface Judged {
  readonly ref: ObjectRef;
  readonly verdict: Readiness;
  /** Those of a workload. */
  readonly pods: readonly KubernetesObject[];
}

interface JudgeOptions {
  readonly signal: AbortSignal | undefined;
  /** Reads the pods of what is ready as well. */
  readonly podsOfReady: boolean;
}

/** One list per kind and namespace when several objects share it, else one read each. */
export async function judgeObjects(
  client: KubernetesReader,
  refs: readonly ObjectRef[],
  { signal, podsOfReady }: JudgeOptions,
): Promise<readonly Judged[]> {
  const groups = Map.groupBy(refs, (ref) => `${ref.apiVersion} ${ref.kind} ${ref.namespace ?? ''}`);
  const found = await mapBounded([...groups.values()], 8, (group) => readGroup(client, group, signal));
  const objects = new Map(found.flat().map((object) => [keyOf(refOf(object)), object]));
  const pods = await podsFor(client, [...objects.values()], { signal, podsOfReady });
  return mapBounded(refs, 8, async (ref): Promise<Judged> => {
    const object = objects.get(keyOf(ref));
    if (object === undefined) return { ref, verdict: { state: 'failed', reason: 'is not there' }, pods: [] };
    const related = await relatedOf(client, object, pods, signal);
    return { ref, verdict: readinessOf(object, related), pods: related.pods ?? [] };
  });
}

async function readGroup(
  client: KubernetesReader,
  group: readonly ObjectRef[],
  signal: AbortSignal | undefined,
): Promise<readonly KubernetesObject[]> {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length < 4)
    return (await Promise.all(group.map((ref) => client.get(ref, signal)))).filter((object) => object !== undefined);
  const kind: KindRef = { apiVersion: first.apiVersion, kind: first.kind };
  const where = first.namespace === undefined ? {} : { namespace: first.namespace };
  return (await client.list(kind, { ...where, dropManagedFields: true, ...(signal === undefined ? {} : { signal }) }))
    .items;
}

/** Pods by the namespaces of workloads that are not ready as yet; those that are ready need no explaining, but may have to settle. */
async function podsFor(
  client: KubernetesReader,
  objects: readonly KubernetesObject[],
  { signal, podsOfReady }: JudgeOptions,
): Promise<readonly KubernetesObject[]> {
  const workloads = objects.filter(
    (object) => withPods.has(groupKindOf(object)) && (podsOfReady || readinessOf(object).state !== 'ready'),
  );
  const namespaces = [...new Set(workloads.flatMap((object) => object.metadata.namespace ?? []))];
  const lists = await mapBounded(namespaces, 4, (namespace) =>
    client.list(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace, dropManagedFields: true, ...(signal === undefined ? {} : { signal }) },
    ),
  );
  return lists.flatMap((list) => list.items);
}

async function relatedOf(
  client: KubernetesReader,
  object: KubernetesObject,
  pods: readonly KubernetesObject[],
  signal: AbortSignal | undefined,
): Promise<Related> {
  if (groupKindOf(object) === 'PersistentVolumeClaim') {
    // The empty name asks for a volume without a class.
    const name = stringAt(object, 'spec', 'storageClassName') ?? '';
    const storageClass =
      name === ''
        ? undefined
        : await client.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name }, signal);
    return storageClass === undefined ? {} : { storageClass };
  }
  if (!withPods.has(groupKindOf(object))) return {};
  const own = podsOf(object, pods);
  const isRolling = groupKindOf(object) === 'Deployment.apps' && new Set(own.map(controllerUidOf)).size > 1;
  if (!isRolling) return { pods: own };
  const replicaSets = await client.list(
    { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
    {
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      dropManagedFields: true,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return { pods: podsOfNewest(object, own, replicaSets.items) };
}
