import type { KubernetesObject, OwnerReference } from '../objects/kubernetes-object.ts';

function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((each) => each.controller === true);
}

/** The uid of the object's controller, `undefined` when it has none. */
export function controllerUidOf(object: KubernetesObject): string | undefined {
  return controllerOf(object)?.uid;
}

/** A Deployment's pods belong to its ReplicaSets, whose names are the Deployment's with a hash. */
export function podsOf(workload: KubernetesObject, pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const { name, namespace, uid } = workload.metadata;
  return pods.filter((pod) => {
    const owner = controllerOf(pod);
    if (owner === undefined || pod.metadata.namespace !== namespace) return false;
    if (owner.kind === workload.kind) return owner.uid === uid;
    return (
      workload.kind === 'Deployment' && owner.kind === 'ReplicaSet' && owner.name.replace(/-[a-z0-9]+$/, '') === name
    );
  });
}

const revision = 'deployment.kubernetes.io/revision';

/**
 * The pods of the version that a Deployment rolls out: those of the version before may be why it is rolled out. All of
 * them where its ReplicaSets do not say which is the newest.
 */
export function podsOfNewest(
  deployment: KubernetesObject,
  pods: readonly KubernetesObject[],
  replicaSets: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const wanted = deployment.metadata.annotations?.[revision];
  const newest = replicaSets.find(
    (each) =>
      controllerUidOf(each) === deployment.metadata.uid &&
      wanted !== undefined &&
      each.metadata.annotations?.[revision] === wanted,
  );
  return newest === undefined ? pods : pods.filter((pod) => controllerUidOf(pod) === newest.metadata.uid);
}
