import {
  type KubernetesObject,
  numberAt,
  recordAt,
  recordsAt,
  stringAt,
  valueAt,
} from '../objects/kubernetes-object.ts';
import { groupKindOf } from '../objects/object-ref.ts';
import { troubleOfPod, troubleOfPods } from './pod-readiness.ts';
import { type Condition, conditionOf, failed, progressing, type Readiness, ready } from './readiness.ts';

/** What else is needed to judge some kinds. */
export interface Related {
  /** Pods that belong to the object, through however many owners. */
  readonly pods?: readonly KubernetesObject[];
  /** The StorageClass of a claim. */
  readonly storageClass?: KubernetesObject;
}

type Judge = (object: KubernetesObject, related: Related) => Readiness;

/**
 * Whether an object does what it is for. `failed` means that it will not become ready by waiting. Kinds without a rule of
 * their own are judged by the conventions of kstatus: observedGeneration and the conditions Ready, Reconciling and Stalled.
 */
export function readinessOf(object: KubernetesObject, related: Related = {}): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return progressing('is being deleted');
  const observed = numberAt(object, 'status', 'observedGeneration');
  const generation = object.metadata.generation;
  if (observed !== undefined && generation !== undefined && observed < generation)
    return progressing('the change is not yet seen by its controller');
  const judge = judges[groupKindOf(object)];
  if (judge === undefined) return byConvention(object);
  const verdict = judge(object, related);
  if (verdict.state !== 'progressing') return verdict;
  return troubleOfPods(related.pods ?? [], { retries: groupKindOf(object) === 'Job.batch' }) ?? verdict;
}

const judges: Readonly<Record<string, Judge>> = {
  'Deployment.apps': deployment,
  'StatefulSet.apps': statefulSet,
  'DaemonSet.apps': daemonSet,
  'ReplicaSet.apps': replicaSet,
  ReplicationController: replicaSet,
  'Job.batch': job,
  Pod: pod,
  PersistentVolumeClaim: claim,
  Namespace: (object) =>
    stringAt(object, 'status', 'phase') === 'Active'
      ? ready
      : progressing(`is ${stringAt(object, 'status', 'phase') ?? 'new'}`),
  Service: service,
  'CustomResourceDefinition.apiextensions.k8s.io': definition,
  'APIService.apiregistration.k8s.io': apiService,
  'PodDisruptionBudget.policy': () => ready,
};

function deployment(object: KubernetesObject): Readiness {
  const progress = conditionOf(object, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded') return failed(`made no progress in time: ${progress.message}`);
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return refusedPods(failure.message);
  if (numberAt(object, 'status', 'observedGeneration') === undefined)
    return progressing('is not yet seen by its controller');
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const [total, updated, available] = counts(object, 'replicas', 'updatedReplicas', 'availableReplicas');
  if (updated < wanted) return progressing(`${updated} of ${wanted} pods are of the new version`);
  if (total > updated) return progressing(`${total - updated} old pods are still there`);
  return available < wanted ? progressing(`${available} of ${wanted} pods are available`) : ready;
}

/** A quota or a policy says no until somebody changes it; a webhook that does not answer may come back. */
function refusedPods(message: string): Readiness {
  return /forbidden|is invalid/i.test(message) && !/failed calling webhook/.test(message)
    ? failed(message)
    : progressing(message);
}

function statefulSet(object: KubernetesObject): Readiness {
  if (numberAt(object, 'status', 'observedGeneration') === undefined)
    return progressing('is not yet seen by its controller');
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const [readyPods, updated, total] = counts(object, 'readyReplicas', 'updatedReplicas', 'replicas');
  if (total > wanted) return progressing(`${total - wanted} pods too many are still there`);
  if (readyPods < wanted) return progressing(`${readyPods} of ${wanted} pods are ready`);
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return ready;
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const expected = Math.max(0, wanted - partition);
  return updated < expected ? progressing(`${updated} of ${expected} pods are of the new version`) : ready;
}

function daemonSet(object: KubernetesObject): Readiness {
  if (numberAt(object, 'status', 'observedGeneration') === undefined)
    return progressing('is not yet seen by its controller');
  const [wanted, updated, available] = counts(
    object,
    'desiredNumberScheduled',
    'updatedNumberScheduled',
    'numberAvailable',
  );
  const onDelete = stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  if (!onDelete && updated < wanted) return progressing(`${updated} of ${wanted} nodes have the new version`);
  return available < wanted ? progressing(`${available} of ${wanted} nodes have it available`) : ready;
}

function replicaSet(object: KubernetesObject): Readiness {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const [available] = counts(object, 'availableReplicas');
  return available < wanted ? progressing(`${available} of ${wanted} pods are available`) : ready;
}

function job(object: KubernetesObject): Readiness {
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(`${failure.reason}: ${failure.message}`);
  if (conditionOf(object, 'Complete')?.status === 'True' || valueAt(object, 'spec', 'suspend') === true) return ready;
  const [active, succeeded] = counts(object, 'active', 'succeeded');
  return progressing(
    `${succeeded} of ${numberAt(object, 'spec', 'completions') ?? 1} runs are done, ${active} running`,
  );
}

function pod(object: KubernetesObject): Readiness {
  const phase = stringAt(object, 'status', 'phase');
  if (phase === 'Succeeded' || conditionOf(object, 'Ready')?.status === 'True') return ready;
  return troubleOfPod(object) ?? progressing(`is ${phase ?? 'new'}`);
}

function claim(object: KubernetesObject, related: Related): Readiness {
  const phase = stringAt(object, 'status', 'phase');
  if (phase === 'Bound') return ready;
  if (phase === 'Lost') return failed('its volume is gone');
  // Bound when the first pod uses it, so waiting for it before that pod would wait for ever.
  const waits =
    related.storageClass !== undefined &&
    stringAt(related.storageClass, 'volumeBindingMode') === 'WaitForFirstConsumer';
  return waits ? ready : progressing(`is ${phase ?? 'new'}`);
}

function service(object: KubernetesObject): Readiness {
  if (stringAt(object, 'spec', 'type') !== 'LoadBalancer') return ready;
  const addresses = recordsAt(object, 'status', 'loadBalancer', 'ingress');
  return addresses.length > 0 ? ready : progressing('has no load balancer address yet');
}

function definition(object: KubernetesObject): Readiness {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(`its names are refused: ${names.message}`);
  return conditionOf(object, 'Established')?.status === 'True' ? ready : progressing('is not yet established');
}

function apiService(object: KubernetesObject): Readiness {
  const available = conditionOf(object, 'Available');
  if (available?.status === 'True') return ready;
  return progressing(available === undefined ? 'is not yet seen' : `${available.reason}: ${available.message}`);
}

function byConvention(object: KubernetesObject): Readiness {
  if (recordAt(object, 'status') === undefined) return ready;
  const { generation } = object.metadata;
  const isStale = (condition: Condition | undefined): boolean =>
    condition?.observedGeneration !== undefined &&
    generation !== undefined &&
    condition.observedGeneration < generation;
  if (['Ready', 'Stalled', 'Reconciling'].some((type) => isStale(conditionOf(object, type))))
    return progressing('the change is not yet seen by its controller');
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(`${stalled.reason}: ${stalled.message}`);
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(`${reconciling.reason}: ${reconciling.message}`);
  const readyCondition = conditionOf(object, 'Ready');
  if (readyCondition === undefined || readyCondition.status === 'True') return ready;
  return progressing(`${readyCondition.reason}: ${readyCondition.message}`);
}

function counts(object: KubernetesObject, ...names: readonly string[]): [number, number, number] {
  const [first, second, third] = names.map((name) => numberAt(object, 'status', name) ?? 0);
  return [first ?? 0, second ?? 0, third ?? 0];
}
