import { mapBounded, messageOf } from '@roadstead/foundation';
import type { Instance } from '../aws/ec2-reader.ts';
import type { NodeConfig, Parsed } from '../bootstrap/node-config.ts';
import { KubeRefusal } from '../kube/kube-api.ts';
import type { KubeNode } from '../kube/objects.ts';
import type { KubeletAnswers } from '../kubelet/kubelet-server.ts';
import { type KubeletServer, startKubeletServer } from '../kubelet/kubelet-server.ts';
import { type Assessment, assessInstance } from '../node/assess.ts';
import { type InstanceLife, type NodeStep, stepInstance } from '../node/node-life.ts';
import type { Condition, NodeFacts, NodeHealth } from '../node/node-object.ts';
import { nodeConditions, nodeManifest, nodeName, nodeStatus } from '../node/node-object.ts';
import { isoSeconds } from '../pod/container-machine.ts';
import type { ClusterContext } from './context.ts';

/** An instance whose user data names the cluster. */
export interface Candidate {
  readonly instance: Instance;
  readonly bootstrap: Parsed<NodeConfig>;
}

export interface JoinedNode {
  readonly name: string;
  readonly facts: NodeFacts;
  readonly subnetId: string;
  /** Of its instance profile: whose permissions the kubelet has. */
  readonly roleArn: string | undefined;
  readonly asgName: string | undefined;
}

export interface NodeReport {
  readonly instanceId: string;
  readonly asgName: string | undefined;
  readonly node: string | undefined;
  readonly state: 'starting' | 'refused' | 'node' | 'gone';
  readonly reason: string | undefined;
}

interface Keeping {
  candidate: Candidate;
  life: InstanceLife;
  joined: JoinedNode | undefined;
  server: KubeletServer | undefined;
  health: NodeHealth | undefined;
  /** Wall milliseconds. */
  leaseAt: number;
  statusAt: number;
  posted: string;
}

export interface NodeKeeperHooks {
  /** Whether a network plugin's pod is Ready on the node. */
  networkPluginReady(node: string): boolean;
  volumesInUse(node: string): readonly string[];
  kubeletAnswers(node: JoinedNode): KubeletAnswers;
  /** The node's object is gone: its pods follow. */
  removePods(node: string): Promise<void>;
}

/** The port of every kubelet. */
const kubeletPort = 10_250;
const leaseEveryMs = 10_000;
const statusEveryMs = 60_000;

/** Instances of one cluster from boot to their end, and their Node objects. */
export class NodeKeeper {
  readonly #context: ClusterContext;
  readonly #hooks: NodeKeeperHooks;
  readonly #kept = new Map<string, Keeping>();

  constructor(context: ClusterContext, hooks: NodeKeeperHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  /** One look at all instances; what fails for one is said and tried again next time. */
  async sweep(candidates: readonly Candidate[]): Promise<void> {
    const now = this.#context.now();
    for (const candidate of candidates) {
      const known = this.#kept.get(candidate.instance.id);
      if (known === undefined) this.#kept.set(candidate.instance.id, freshKeeping(candidate, now));
      else known.candidate = candidate;
    }
    const states = new Map(candidates.map(({ instance }) => [instance.id, instance.state]));
    await mapBounded([...this.#kept.keys()], 8, (id) => this.#step(id, states.get(id)));
  }

  joined(): readonly JoinedNode[] {
    return [...this.#kept.values()].filter((one) => one.life.kind === 'node').flatMap((one) => one.joined ?? []);
  }

  /** Nodes that hear and answer; a silenced or ended one does not work on its pods. */
  working(): ReadonlyMap<string, JoinedNode> {
    const working = [...this.#kept.values()].filter((one) => one.life.kind === 'node' && one.health !== 'lost');
    return new Map(
      working.flatMap((one) => (one.joined === undefined ? [] : [[one.joined.name, one.joined] as const])),
    );
  }

  isNetworkReady(node: string): boolean {
    return [...this.#kept.values()].some((one) => one.joined?.name === node && one.health === 'ready');
  }

  /** A node whose object somebody deleted does not count: a kubelet registers once, at its start. */
  readyCount(asgName: string): number {
    return [...this.#kept.values()].filter(
      ({ joined, life, health }) =>
        joined?.asgName === asgName &&
        life.kind === 'node' &&
        health === 'ready' &&
        this.#context.mirrors.nodes.get(joined.name) !== undefined,
    ).length;
  }

  report(): readonly NodeReport[] {
    return [...this.#kept.values()].map(({ candidate, life, joined }) => ({
      instanceId: candidate.instance.id,
      asgName: asgOf(candidate.instance),
      node: joined?.name,
      state: life.kind,
      reason: life.kind === 'refused' ? life.reason : undefined,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(async (one) => one.server?.close()));
    this.#kept.clear();
  }

  async #step(id: string, state: string | undefined): Promise<void> {
    const keeping = this.#kept.get(id);
    if (keeping === undefined) return;
    const name = keeping.joined?.name ?? '';
    const sight = {
      state,
      networkPluginReady: keeping.joined !== undefined && this.#hooks.networkPluginReady(name),
      silenced: this.#matches('not-ready', name),
    };
    const step = stepInstance(keeping.life, sight, this.#context.now(), this.#context.paced);
    try {
      await this.#act(keeping, step);
    } catch (error) {
      if (!this.#context.signal.aborted)
        this.#context.service.log({ instance: id, error: messageOf(error) }, 'a node could not be kept');
    }
  }

  async #act(keeping: Keeping, step: NodeStep): Promise<void> {
    if (step.kind === 'assess') return this.#assess(keeping);
    if (step.kind === 'keep') return this.#keep(keeping, step.health);
    if (step.kind === 'mark-gone') return this.#markGone(keeping);
    if (step.kind === 'remove') return this.#remove(keeping);
  }

  async #assess(keeping: Keeping): Promise<void> {
    const { instance, bootstrap } = keeping.candidate;
    const { seenAt } = keeping.life;
    const { cluster, clusters, reader } = this.#context;
    if (this.#matches('never-join', `${instance.id} ${instance.zone} ${asgOf(instance) ?? ''}`)) {
      return this.#refuse(keeping, 'told never to join by a fault of the sandbox');
    }
    if (bootstrap.kind === 'refused') return this.#refuse(keeping, bootstrap.reason);
    const assessment = await assessInstance({ reader, clusters, cluster, instance, config: bootstrap.value });
    if (assessment.kind === 'refused') return this.#refuse(keeping, assessment.reason);
    await this.#join(keeping, assessment);
    keeping.life = { kind: 'node', seenAt };
    await this.#keep(keeping, 'no-network');
  }

  #refuse(keeping: Keeping, reason: string): void {
    const { life, candidate } = keeping;
    const isNews = life.kind !== 'refused' || life.reason !== reason;
    keeping.life = { kind: 'refused', seenAt: life.seenAt, reason };
    if (isNews)
      this.#context.service.log(
        { instance: candidate.instance.id, cluster: this.#context.cluster.name, reason },
        'an instance does not join',
      );
  }

  async #join(keeping: Keeping, { facts: found, roleArn }: Extract<Assessment, { kind: 'joins' }>): Promise<void> {
    const { api, serving, signal } = this.#context;
    const { instance } = keeping.candidate;
    const name = nodeName(found);
    const draft: JoinedNode = {
      name,
      facts: { ...found, kubelet: { address: found.privateIp, port: kubeletPort } },
      subnetId: instance.subnetId,
      roleArn,
      asgName: asgOf(instance),
    };
    keeping.server ??= await startKubeletServer({
      certificate: serving.certificate([name, found.privateIp]),
      clientCaPem: serving.clientCaPem,
      answers: this.#hooks.kubeletAnswers(draft),
    });
    serving.gate?.map(found.privateIp, kubeletPort, keeping.server.port);
    // Where no gate leads to the node's own address, the API server is sent to where this machine answers.
    const direct = { address: '127.0.0.1', port: keeping.server.port };
    const joined = serving.gate === undefined ? { ...draft, facts: { ...draft.facts, kubelet: direct } } : draft;
    const conditions = nodeConditions('no-network', [], isoSeconds(this.#context.now()));
    const status = { ...nodeStatus(joined.facts), conditions };
    await api.create('/api/v1/nodes', { ...nodeManifest(joined.facts), status }, signal);
    keeping.joined = joined;
    this.#context.service.log({ instance: instance.id, node: joined.name }, 'a node joined');
  }

  async #keep(keeping: Keeping, health: NodeHealth): Promise<void> {
    const joined = keeping.joined;
    if (joined === undefined) return;
    const now = this.#context.now();
    if (health !== 'lost' && now - keeping.leaseAt >= leaseEveryMs) {
      await this.#renewLease(joined.name);
      keeping.leaseAt = now;
    }
    const volumesInUse = this.#hooks.volumesInUse(joined.name);
    const posted = JSON.stringify([health, volumesInUse, joined.facts.kubelet.port]);
    if (posted === keeping.posted && now - keeping.statusAt < statusEveryMs) return;
    const before = this.#context.mirrors.nodes.get(joined.name)?.status?.conditions ?? [];
    const conditions = nodeConditions(health, before, isoSeconds(now));
    await this.#postStatus(joined, conditions, volumesInUse);
    keeping.health = health;
    keeping.statusAt = now;
    keeping.posted = posted;
  }

  async #postStatus(
    joined: JoinedNode,
    conditions: readonly Condition[],
    volumesInUse: readonly string[],
  ): Promise<void> {
    const { api, mirrors, signal } = this.#context;
    const status = { ...nodeStatus(joined.facts), conditions, volumesInUse };
    const answer = await api.patch<KubeNode>(`/api/v1/nodes/${joined.name}/status`, 'merge', { status }, signal);
    if (answer !== undefined) mirrors.nodes.learn(answer);
  }

  async #renewLease(node: string): Promise<void> {
    const { api, service, signal } = this.#context;
    const renewTime = `${new Date(service.clock.now()).toISOString().slice(0, 23)}000Z`;
    const base = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const spec = { holderIdentity: node, leaseDurationSeconds: 40, renewTime };
    const renewed = await api.patch(`${base}/${node}`, 'merge', { spec }, signal);
    if (renewed !== undefined) return;
    try {
      await api.create(
        base,
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: node, namespace: 'kube-node-lease' },
          spec,
        },
        signal,
      );
    } catch (error) {
      // The namespace of the leases is made by the API server a moment after it is ready.
      if (!(error instanceof KubeRefusal && error.status === 404)) throw error;
    }
  }

  async #markGone(keeping: Keeping): Promise<void> {
    const joined = keeping.joined;
    keeping.life = { kind: 'gone', seenAt: keeping.life.seenAt, goneAt: this.#context.now() };
    keeping.health = 'lost';
    if (joined === undefined) return;
    const before = this.#context.mirrors.nodes.get(joined.name)?.status?.conditions ?? [];
    await this.#postStatus(joined, nodeConditions('lost', before, isoSeconds(this.#context.now())), []);
  }

  async #remove(keeping: Keeping): Promise<void> {
    const { api, signal } = this.#context;
    const joined = keeping.joined;
    if (joined !== undefined) {
      // The node first: for as long as it is there, the DaemonSet controller makes its pods anew.
      await api.delete(`/api/v1/nodes/${joined.name}`, {}, signal);
      await this.#hooks.removePods(joined.name);
      await api.delete(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${joined.name}`, {}, signal);
    }
    if (joined !== undefined) this.#context.serving.gate?.unmap(joined.facts.privateIp, kubeletPort);
    await keeping.server?.close();
    this.#kept.delete(keeping.candidate.instance.id);
  }

  #matches(kind: 'never-join' | 'not-ready', subject: string): boolean {
    return (
      subject !== '' && this.#context.faults().some((fault) => fault.kind === kind && subject.includes(fault.match))
    );
  }
}

function freshKeeping(candidate: Candidate, now: number): Keeping {
  return {
    candidate,
    life: { kind: 'starting', seenAt: now },
    joined: undefined,
    server: undefined,
    health: undefined,
    leaseAt: 0,
    statusAt: 0,
    posted: '',
  };
}

export function asgOf(instance: Instance): string | undefined {
  return instance.tags['aws:autoscaling:groupName'];
}
