import { type JsonRecord, type KubernetesObject, numberAt, recordsAt, stringAt } from '../objects/kubernetes-object.ts';
import { conditionOf, failed, progressing, type Readiness } from './readiness.ts';

/** Reasons of a waiting container that no waiting mends. */
const hopeless = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'ErrImageNeverPull',
]);
/** A container that fell over this often is in a crash loop; once or twice may be a dependency that was late. */
const crashesThatCount = 3;

/** What keeps a pod from being ready, or `undefined` when nothing but time does. */
export function troubleOfPod(pod: KubernetesObject): Readiness | undefined {
  const pointer = { namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name };
  const phase = stringAt(pod, 'status', 'phase');
  if (phase === 'Succeeded') return undefined;
  for (const container of [
    ...recordsAt(pod, 'status', 'initContainerStatuses'),
    ...recordsAt(pod, 'status', 'containerStatuses'),
  ]) {
    const trouble = troubleOfContainer(container, pointer);
    if (trouble !== undefined) return trouble;
  }
  if (phase === 'Failed')
    return failed(
      `pod ${pointer.name} failed: ${stringAt(pod, 'status', 'reason') ?? stringAt(pod, 'status', 'message') ?? 'its containers ended with errors'}`,
      pointer,
    );
  const scheduled = conditionOf(pod, 'PodScheduled');
  // Not failed: a new node or a freed one mends it.
  if (scheduled?.status === 'False')
    return progressing(`pod ${pointer.name} cannot be scheduled: ${scheduled.message}`, pointer);
  return undefined;
}

/**
 * What its pods say of a workload that is not ready, the worst first. A pod that has failed (evicted, a run of a Job) is
 * made anew by its controller, so it is told and never the end; and a Job counts its own crashes.
 */
export function troubleOfPods(pods: readonly KubernetesObject[], owner: { readonly retries: boolean }) {
  const present = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const [over, alive] = partition(present, (pod) => stringAt(pod, 'status', 'phase') === 'Failed');
  const troubles = [
    ...alive.flatMap((pod) => troubleOfPod(pod) ?? []).map((trouble) => (owner.retries ? forgiven(trouble) : trouble)),
    ...over.flatMap((pod) => troubleOfPod(pod) ?? []).map(asProgressing),
  ];
  return troubles.find((trouble) => trouble.state === 'failed') ?? troubles[0];
}

function forgiven(trouble: Readiness): Readiness {
  return trouble.state === 'failed' && trouble.pod?.crashed === true ? asProgressing(trouble) : trouble;
}

function asProgressing(trouble: Readiness): Readiness {
  return trouble.state === 'failed' ? progressing(trouble.reason, trouble.pod) : trouble;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

function troubleOfContainer(
  status: JsonRecord,
  pod: { readonly namespace: string; readonly name: string },
): Readiness | undefined {
  const container = stringAt(status, 'name') ?? '';
  const image = stringAt(status, 'image') ?? '';
  const restarts = numberAt(status, 'restartCount') ?? 0;
  const reason = stringAt(status, 'state', 'waiting', 'reason');
  const message = stringAt(status, 'state', 'waiting', 'message');
  const pointer = { ...pod, container };
  if (reason === 'CrashLoopBackOff') {
    const text = `pod ${pod.name} container ${container} crashed ${times(restarts)}${exitText(status)}: CrashLoopBackOff`;
    return restarts >= crashesThatCount
      ? failed(text, { ...pointer, crashed: true })
      : progressing(text, { ...pointer, crashed: true });
  }
  // The first failed pull may be a hiccup of the registry; kubelet calls it a back-off when it failed again.
  if (reason === 'ErrImagePull')
    return progressing(
      `pod ${pod.name} container ${container}: image ${image} cannot be pulled yet: ${message ?? reason}`,
      pointer,
    );
  if (reason === 'ImagePullBackOff')
    return failed(
      `pod ${pod.name} container ${container}: image ${image} cannot be pulled: ImagePullBackOff${message === undefined ? '' : `: ${message}`}`,
      pointer,
    );
  if (reason !== undefined && hopeless.has(reason))
    return failed(`pod ${pod.name} container ${container}: ${reason}: ${message ?? 'no message'}`, pointer);
  // It runs again, for a moment perhaps.
  if (restarts > 0 && (numberAt(status, 'lastState', 'terminated', 'exitCode') ?? 0) !== 0)
    return progressing(`pod ${pod.name} container ${container} crashed ${times(restarts)}${exitText(status)}`, {
      ...pointer,
      crashed: true,
    });
  return undefined;
}

function times(count: number): string {
  return `${count} ${count === 1 ? 'time' : 'times'}`;
}

function exitText(status: JsonRecord): string {
  const code = numberAt(status, 'lastState', 'terminated', 'exitCode');
  const reason = stringAt(status, 'lastState', 'terminated', 'reason');
  return code === undefined
    ? ''
    : ` (exit code ${code}${reason === undefined || reason === 'Error' ? '' : `, ${reason}`})`;
}
