import { messageOf } from '@roadstead/foundation';
import { Mirror } from '../kube/mirror.ts';
import type { KubeObject, Pod } from '../kube/objects.ts';
import { kubeletAnswers } from '../kubelet/answers.ts';
import { BalancerKeeper } from './balancer-keeper.ts';
import type { ClusterContext, Mirrors } from './context.ts';
import { MetricsKeeper } from './metrics-keeper.ts';
import { type Candidate, NodeKeeper, type NodeReport } from './node-keeper.ts';
import { PodKeeper } from './pod-keeper.ts';
import { VolumeKeeper } from './volume-keeper.ts';

/** DaemonSets whose Ready pod gives a node its network, by namespace and label `k8s-app`. */
const networkPlugins: ReadonlySet<string> = new Set(['aws-node', 'calico-node', 'cilium']);

const podPassMs = 100;
const storagePassMs = 400;

/** Everything that plays beside one control plane: its nodes, pods, volumes and load balancers. */
export class ClusterRunner {
  readonly #context: ClusterContext;
  readonly #stop: AbortController;
  readonly #nodes: NodeKeeper;
  readonly #pods: PodKeeper;
  readonly #volumes: VolumeKeeper;
  readonly #balancers: BalancerKeeper;
  readonly #metrics: MetricsKeeper;
  readonly #loops: Promise<void>[] = [];
  #synced = false;
  #look: Promise<void> | undefined;

  constructor(base: Omit<ClusterContext, 'mirrors' | 'signal'>) {
    this.#stop = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, base.service.signal]);
    const wake = (pod: KubeObject, gone: boolean) => this.#pods.wake(pod, gone);
    const mirrors = openMirrors(base, signal, wake);
    this.#context = { ...base, mirrors, signal };
    this.#nodes = new NodeKeeper(this.#context, {
      networkPluginReady: (node) => hasNetworkPlugin(mirrors.pods.all(), node),
      volumesInUse: (node) => this.#volumes.inUse(node),
      removePods: (node) => this.#pods.removePods(node),
      kubeletAnswers: (node) =>
        kubeletAnswers({
          node,
          pods: () => mirrors.pods.all().filter((pod) => pod.spec.nodeName === node.name),
          memoryOf: (pod) => this.#pods.memoryOf(pod),
          behaviour: (pod, container, isInit) => this.#pods.behaviour(pod, container, isInit),
          now: base.now,
        }),
    });
    this.#pods = new PodKeeper(this.#context, {
      working: () => this.#nodes.working(),
      isNetworkReady: (node) => this.#nodes.isNetworkReady(node),
    });
    this.#volumes = new VolumeKeeper(this.#context, { nodes: () => this.#nodes.joined() });
    this.#balancers = new BalancerKeeper(this.#context, { nodes: () => this.#nodes.joined() });
    this.#metrics = new MetricsKeeper(this.#context, { nodes: () => this.#nodes.joined() });
  }

  get cluster(): ClusterContext['cluster'] {
    return this.#context.cluster;
  }

  start(): void {
    const { mirrors } = this.#context;
    for (const mirror of Object.values(mirrors)) this.#loops.push(mirror.run());
    this.#loops.push(this.#every(podPassMs, () => this.#pods.pass()));
    this.#loops.push(this.#every(storagePassMs, () => this.#volumes.pass()));
    this.#loops.push(this.#every(storagePassMs, () => this.#balancers.pass()));
    this.#loops.push(this.#every(storagePassMs, () => this.#metrics.pass()));
  }

  /** One look at the instances of the region. Begins it and returns; while one is under way, or before the first lists, none begins. */
  look(candidates: readonly Candidate[]): void {
    if (!this.#synced || this.#look !== undefined || this.#context.signal.aborted) return;
    this.#look = this.#nodes.sweep(candidates).finally(() => {
      this.#look = undefined;
    });
  }

  readyCount(asgName: string): number {
    return this.#nodes.readyCount(asgName);
  }

  report(): readonly NodeReport[] {
    return this.#nodes.report();
  }

  counts(): { readonly nodes: number; readonly pods: number } {
    return { nodes: this.#context.mirrors.nodes.all().length, pods: this.#context.mirrors.pods.all().length };
  }

  /** Ends the loops and the kubelets' servers; objects in the cluster and in AWS stay. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the nodes of the cluster are stopped'));
    await Promise.allSettled([...this.#loops, this.#look]);
    await Promise.all([this.#nodes.close(), this.#metrics.close()]);
    await this.#context.api.close();
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal, service } = this.#context;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([Promise.all(Object.values(this.#context.mirrors).map((mirror) => mirror.synced)), stopped]);
    this.#synced = true;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted)
          service.log({ cluster: this.cluster.name, error: messageOf(error) }, 'a pass over the cluster failed');
      }
      await service.clock.sleep(ms, signal).catch(() => undefined);
    }
  }
}

function openMirrors(
  base: Omit<ClusterContext, 'mirrors' | 'signal'>,
  signal: AbortSignal,
  onPod: (pod: KubeObject, gone: boolean) => void,
): Mirrors {
  const common = { api: base.api, clock: base.service.clock, signal };
  return {
    nodes: new Mirror({ ...common, path: '/api/v1/nodes' }),
    pods: new Mirror({ ...common, path: '/api/v1/pods', onChange: onPod }),
    claims: new Mirror({ ...common, path: '/api/v1/persistentvolumeclaims' }),
    volumes: new Mirror({ ...common, path: '/api/v1/persistentvolumes' }),
    classes: new Mirror({ ...common, path: '/apis/storage.k8s.io/v1/storageclasses' }),
    attachments: new Mirror({ ...common, path: '/apis/storage.k8s.io/v1/volumeattachments' }),
    services: new Mirror({ ...common, path: '/api/v1/services' }),
  };
}

function hasNetworkPlugin(pods: readonly Pod[], node: string): boolean {
  return pods.some(
    (pod) =>
      pod.spec.nodeName === node &&
      pod.spec.hostNetwork === true &&
      networkPlugins.has(pod.metadata.labels?.['k8s-app'] ?? '') &&
      pod.metadata.deletionTimestamp === undefined &&
      (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
}
