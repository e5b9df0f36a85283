import { mapBounded, messageOf } from '@roadstead/foundation';
import { AddressPool } from '../aws/address-pool.ts';
import { KubeRefusal } from '../kube/kube-api.ts';
import type { Container, KubeObject, Pod } from '../kube/objects.ts';
import { podRejection } from '../pod/admission.ts';
import { type Behaviour, behaviourOf } from '../pod/behaviour.ts';
import type { ContainerWorld, KubeletEvent } from '../pod/container-machine.ts';
import { isInEcr, parseImage, pullOutcome } from '../pod/images.ts';
import { claimNames, environmentObjects, mountedObjects, type ObjectName } from '../pod/pod-lookups.ts';
import { isFinished, type PodMemory, type PodStep, type PodWorld, rememberPod, stepPod } from '../pod/pod-machine.ts';
import { containerId, restartRule, sameStatus } from '../pod/pod-rules.ts';
import { podStatus } from '../pod/pod-status.ts';
import { at, textMapOf } from '../read.ts';
import { claimProblem } from '../volume/claim-problem.ts';
import type { ClusterContext } from './context.ts';
import type { JoinedNode } from './node-keeper.ts';

/** What AmazonEC2ContainerRegistryPullOnly allows, and a pull takes. */
const ecrActions = ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

interface Keeping {
  memory: PodMemory;
  /** Wall milliseconds; 0 = now. */
  wakeAt: number;
  busy: boolean;
}

export interface PodKeeperHooks {
  /** Nodes whose kubelets work, by name. */
  working(): ReadonlyMap<string, JoinedNode>;
  isNetworkReady(node: string): boolean;
}

/** The pods of one cluster as their kubelets play them. */
export class PodKeeper {
  readonly #context: ClusterContext;
  readonly #hooks: PodKeeperHooks;
  readonly #kept = new Map<string, Keeping>();
  readonly #addresses = new Map<string, Promise<AddressPool>>();
  /** Images on each node: `node image`. */
  readonly #images = new Set<string>();

  constructor(context: ClusterContext, hooks: PodKeeperHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  /** A pod changed: look at it with the next pass. */
  wake(pod: KubeObject, gone: boolean): void {
    const uid = pod.metadata.uid;
    if (gone) this.#forget(uid);
    else {
      const known = this.#kept.get(uid);
      if (known !== undefined) known.wakeAt = Math.min(known.wakeAt, this.#context.now());
    }
  }

  /** One pass over the pods that are due. */
  async pass(): Promise<void> {
    const now = this.#context.now();
    const nodes = this.#hooks.working();
    const due = this.#context.mirrors.pods.all().filter((pod) => this.#isDue(pod, nodes, now));
    await mapBounded(due, 16, (pod) => this.#work(pod, nodes));
  }

  memoryOf(pod: Pod): PodMemory | undefined {
    return this.#kept.get(pod.metadata.uid)?.memory;
  }

  behaviour(pod: Pod, container: Container, isInit: boolean): Behaviour {
    const label = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const crashes = this.#context.faults().some((fault) => fault.kind === 'pod-crash' && label.includes(fault.match));
    return behaviourOf(pod, container, { isInit, crashes });
  }

  /** Takes the pods of a node that is gone away, without waiting for a kubelet that will not answer. */
  async removePods(node: string): Promise<void> {
    const pods = this.#context.mirrors.pods.all().filter((pod) => pod.spec.nodeName === node);
    await mapBounded(pods, 8, (pod) => this.#delete(pod));
  }

  #isDue(pod: Pod, nodes: ReadonlyMap<string, JoinedNode>, now: number): boolean {
    const node = pod.spec.nodeName;
    if (node === undefined || !nodes.has(node)) return false;
    const known = this.#kept.get(pod.metadata.uid);
    return known === undefined || (!known.busy && known.wakeAt <= now);
  }

  async #work(pod: Pod, nodes: ReadonlyMap<string, JoinedNode>): Promise<void> {
    const node = nodes.get(pod.spec.nodeName ?? '');
    if (node === undefined) return;
    const now = this.#context.now();
    const keeping = this.#kept.get(pod.metadata.uid) ?? { memory: rememberPod(pod, now), wakeAt: 0, busy: false };
    this.#kept.set(pod.metadata.uid, keeping);
    keeping.busy = true;
    keeping.wakeAt = Number.MAX_SAFE_INTEGER;
    try {
      await this.#step(pod, node, keeping);
    } catch (error) {
      keeping.wakeAt = this.#context.now() + 200;
      this.#complain(pod, error);
    } finally {
      keeping.busy = false;
    }
  }

  #complain(pod: Pod, error: unknown): void {
    const expected = error instanceof KubeRefusal && (error.status === 409 || error.status === 404);
    if (expected || this.#context.signal.aborted) return;
    this.#context.service.log(
      { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error: messageOf(error) },
      'a pod could not be kept',
    );
  }

  async #step(pod: Pod, node: JoinedNode, keeping: Keeping): Promise<void> {
    const now = this.#context.now();
    const world = await this.#world(pod, node, keeping.memory);
    const step = stepPod(pod, keeping.memory, world, now);
    keeping.memory = step.memory;
    this.#learnImages(pod, node, step);
    const finished = isFinished(pod);
    const wakeAt = step.remove || finished ? undefined : await this.#post(pod, node, step.memory, now);
    if (finished) this.#release(pod.metadata.uid);
    await this.#record(pod, node, step.events);
    if (step.remove) await this.#delete(pod);
    const times = [step.wakeAt, wakeAt].filter((time) => time !== undefined);
    keeping.wakeAt = Math.min(keeping.wakeAt, ...times);
  }

  async #world(pod: Pod, node: JoinedNode, memory: PodMemory): Promise<PodWorld> {
    const preparing = memory.sandboxAt === undefined && pod.metadata.deletionTimestamp === undefined;
    const networkReady = this.#hooks.isNetworkReady(node.name);
    const volumeProblem = preparing ? await this.#volumeProblem(pod, node) : undefined;
    const needsAddress = preparing && volumeProblem === undefined && (networkReady || pod.spec.hostNetwork === true);
    const ip = needsAddress ? await this.#address(pod, node) : memory.ip;
    const problems = preparing ? new Map<string, string>() : await this.#configProblems(pod, memory);
    const refusedByEcr = !preparing && (await this.#isRefusedByEcr(pod, node, memory));
    return {
      rejection: preparing ? this.#rejection(pod, node) : undefined,
      networkReady,
      volumeProblem,
      ip,
      paced: this.#context.paced,
      containerWorld: (container, isInit) =>
        this.#containerWorld({ pod, node, container, isInit, refusedByEcr, problem: problems.get(container.name) }),
    };
  }

  #containerWorld(given: {
    readonly pod: Pod;
    readonly node: JoinedNode;
    readonly container: Container;
    readonly isInit: boolean;
    readonly refusedByEcr: boolean;
    readonly problem: string | undefined;
  }): ContainerWorld {
    const { pod, node, container, isInit, refusedByEcr, problem } = given;
    const unpullable = this.#context
      .faults()
      .flatMap((fault) => (fault.kind === 'image-unpullable' ? [fault.match] : []));
    const { name, namespace, uid } = pod.metadata;
    return {
      container,
      fieldPath: `spec.${isInit ? 'initContainers' : 'containers'}{${container.name}}`,
      podLabel: `${name}_${namespace}(${uid})`,
      behaviour: this.behaviour(pod, container, isInit),
      pull: pullOutcome(container.image, { unpullable, refusedByEcr }),
      imagePresent: this.#images.has(`${node.name} ${container.image}`),
      configProblem: problem,
      restarts: (code) => restartRule(pod, container, isInit, code),
      paced: this.#context.paced,
      containerId: (restarts) => containerId(pod, container.name, restarts),
    };
  }

  #rejection(pod: Pod, node: JoinedNode): PodWorld['rejection'] {
    const bound = this.#context.mirrors.pods.all().filter((other) => other.spec.nodeName === node.name);
    return podRejection(pod, bound, node.facts.allocatable.pods);
  }

  /** Asked only while a container is to be pulled. */
  async #isRefusedByEcr(pod: Pod, node: JoinedNode, memory: PodMemory): Promise<boolean> {
    const pulled = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter(({ name, image }) => {
      const kind = (memory.init[name] ?? memory.main[name])?.phase.kind;
      return kind !== 'running' && kind !== 'exited' && isInEcr(image);
    });
    return pulled.length > 0 && !(await this.#context.reader.roleMay(node.roleArn, ecrActions));
  }

  #learnImages(pod: Pod, node: JoinedNode, step: PodStep): void {
    for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      const memory = step.memory.main[container.name] ?? step.memory.init[container.name];
      if (memory?.phase.kind === 'running' && parseImage(container.image) !== undefined)
        this.#images.add(`${node.name} ${container.image}`);
    }
  }

  /** Writes the status where it differs. Returns when a probe will have passed. */
  async #post(pod: Pod, node: JoinedNode, memory: PodMemory, now: number): Promise<number | undefined> {
    const answer = podStatus(
      pod,
      memory,
      {
        hostIp: node.facts.privateIp,
        paced: this.#context.paced,
        restarts: (code) => restartRule(pod, undefined, false, code),
        containerId: (name, restarts) => containerId(pod, name, restarts),
      },
      now,
    );
    if (sameStatus(pod.status, answer.status)) return answer.wakeAt;
    const { api, mirrors, signal } = this.#context;
    const body = {
      metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion },
      status: answer.status,
    };
    const written = await api.patch<Pod>(`${podPath(pod)}/status`, 'merge', body, signal);
    if (written !== undefined) mirrors.pods.learn(written);
    return answer.wakeAt;
  }

  async #record(pod: Pod, node: JoinedNode, events: readonly KubeletEvent[]): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const subject = { apiVersion: 'v1', kind: 'Pod', name, namespace, uid };
    for (const event of events)
      await this.#context.events.record(subject, event, { component: 'kubelet', host: node.name });
  }

  async #delete(pod: Pod): Promise<void> {
    const body = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
    await this.#context.api.delete(podPath(pod), body, this.#context.signal);
  }

  async #volumeProblem(pod: Pod, node: JoinedNode): Promise<PodWorld['volumeProblem']> {
    const { mirrors } = this.#context;
    const namespace = pod.metadata.namespace ?? 'default';
    for (const object of mountedObjects(pod)) {
      if ((await this.#lookup(namespace, object)) === undefined) {
        const message = `MountVolume.SetUp failed for volume "${object.volume}" : ${object.kind} "${object.name}" not found`;
        return { reason: 'FailedMount', message, quietSeconds: 0 };
      }
    }
    for (const name of claimNames(pod)) {
      const claim = mirrors.claims.get(name, namespace);
      const volume = mirrors.volumes.get(claim?.spec.volumeName ?? '');
      const attachment = mirrors.attachments
        .all()
        .find(
          (one) => one.spec.nodeName === node.name && one.spec.source.persistentVolumeName === volume?.metadata.name,
        );
      const problem = claimProblem({ name, claim, volume, attachment });
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** By container: why its environment cannot be made. Asked only for those that are about to start. */
  async #configProblems(pod: Pod, memory: PodMemory): Promise<ReadonlyMap<string, string>> {
    const problems = new Map<string, string>();
    const namespace = pod.metadata.namespace ?? 'default';
    const starting = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter((container) => {
      const kind = (memory.init[container.name] ?? memory.main[container.name])?.phase.kind ?? 'created';
      return kind === 'created' || kind === 'config-error';
    });
    for (const container of starting) {
      for (const object of environmentObjects(container)) {
        const found = await this.#lookup(namespace, object);
        if (found === undefined) problems.set(container.name, `${object.kind} "${object.name}" not found`);
        else if (object.key !== undefined && !found.has(object.key)) {
          problems.set(
            container.name,
            `couldn't find key ${object.key} in ${object.kind === 'secret' ? 'Secret' : 'ConfigMap'} ${namespace}/${object.name}`,
          );
        }
      }
    }
    return problems;
  }

  /** The keys of a ConfigMap or Secret; `undefined` when it is not there. */
  async #lookup(namespace: string, object: ObjectName): Promise<ReadonlySet<string> | undefined> {
    const found = await this.#context.api.get(
      `/api/v1/namespaces/${namespace}/${object.kind}s/${object.name}`,
      this.#context.signal,
    );
    if (found === undefined) return undefined;
    return new Set([...Object.keys(textMapOf(at(found, 'data'))), ...Object.keys(textMapOf(at(found, 'binaryData')))]);
  }

  async #address(pod: Pod, node: JoinedNode): Promise<string | undefined> {
    if (pod.spec.hostNetwork === true) return node.facts.privateIp;
    const pool = await this.#pool(node.subnetId);
    return pool?.take(pod.metadata.uid);
  }

  async #pool(subnetId: string): Promise<AddressPool | undefined> {
    const known = this.#addresses.get(subnetId) ?? this.#openPool(subnetId);
    this.#addresses.set(subnetId, known);
    known.catch(() => this.#addresses.delete(subnetId));
    return known;
  }

  async #openPool(subnetId: string): Promise<AddressPool> {
    const pool = new AddressPool((await this.#context.reader.subnetCidr(subnetId)) ?? '100.64.0.0/16');
    for (const node of this.#hooks.working().values()) pool.claim(node.name, node.facts.privateIp);
    for (const pod of this.#context.mirrors.pods.all()) {
      const ip = pod.status?.podIP;
      if (ip !== undefined && pod.spec.hostNetwork !== true && !isFinished(pod)) pool.claim(pod.metadata.uid, ip);
    }
    return pool;
  }

  #forget(uid: string): void {
    this.#kept.delete(uid);
    this.#release(uid);
  }

  #release(uid: string): void {
    for (const pool of this.#addresses.values()) pool.then((open) => open.release(uid)).catch(() => undefined);
  }
}

function podPath(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}
