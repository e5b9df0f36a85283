import { mapBounded, messageOf } from '@roadstead/foundation';
import { type Place, paced, type ServiceContext } from '@roadstead/sandbox-gateway';
import { Ec2Reader, type Instance } from './aws/ec2-reader.ts';
import { readBootstrap, wantedCluster } from './bootstrap/bootstrap.ts';
import type { NodeConfig, Parsed } from './bootstrap/node-config.ts';
import { ClusterRunner } from './cluster/cluster-runner.ts';
import type { Candidate, NodeReport } from './cluster/node-keeper.ts';
import { EventRecorder } from './kube/event-recorder.ts';
import { KubeApi } from './kube/kube-api.ts';
import { type KubeletTrust, kubeletServing } from './kubelet/serving.ts';
import { type ConsoleState, createConsoleService } from './node/console.ts';
import type { ClusterRef, Clusters, ClusterView, NodeFault } from './ports.ts';

export interface NodesOptions {
  readonly clusters: Clusters;
  /** What a cluster's control plane was started with; without it `kubectl logs` does not work. */
  readonly trustOf?: (cluster: ClusterView) => KubeletTrust | undefined;
  /** Real milliseconds between two looks at EC2. Default 1,000. */
  readonly sweepMs?: number;
}

export interface ClusterInventory extends ClusterRef {
  readonly nodes: number;
  readonly pods: number;
  readonly instances: readonly NodeReport[];
}

/** The nodes of all clusters of a sandbox. */
export interface SandboxNodes {
  /** Ready nodes of an Auto Scaling group. */
  readyCount(cluster: ClusterRef, asgName: string): number;
  /** Why an instance is no node: what its console (EC2's GetConsoleOutput) shows. `undefined`: nothing is known against it. */
  whyNotJoined(instanceId: string): string | undefined;
  /** Look at EC2 now, not at the next sweep. */
  nudge(): void;
  /** Sets a fault for a cluster; returns how to clear it. */
  fault(cluster: ClusterRef, fault: NodeFault): () => void;
  faults(): readonly { readonly cluster: string; readonly fault: NodeFault }[];
  inventory(): readonly ClusterInventory[];
  /** Ends every loop and server. Nothing in clusters or AWS is removed. */
  close(): Promise<void>;
}

/** Plays the machines behind the sandbox's clusters, until `close` or the sandbox's signal. */
export function startNodes(context: ServiceContext, options: NodesOptions): SandboxNodes {
  const nodes = new Nodes(context, options);
  nodes.start();
  return nodes;
}

/** What an instance said of itself at its start; it never changes. */
interface Learned {
  readonly place: string;
  readonly bootstrap: Parsed<NodeConfig>;
  /** The cluster that it wants to join. */
  readonly wanted: string | undefined;
}

class Nodes implements SandboxNodes {
  readonly #context: ServiceContext;
  readonly #options: NodesOptions;
  readonly #runners = new Map<string, ClusterRunner>();
  readonly #readers = new Map<string, Ec2Reader>();
  /** By instance, while EC2 has it. */
  readonly #learned = new Map<string, Learned>();
  readonly #faults = new Set<{ readonly cluster: string; readonly fault: NodeFault }>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;

  constructor(context: ServiceContext, options: NodesOptions) {
    this.#context = context;
    this.#options = options;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
  }

  start(): void {
    const { backend, clock } = this.#context;
    backend.serve?.(
      createConsoleService(
        backend,
        (id) => this.#consoleState(id),
        () => clock.now(),
      ),
    );
    this.#unsubscribe = this.#options.clusters.onChange(() => this.nudge());
    this.#loop = this.#run();
  }

  readyCount(cluster: ClusterRef, asgName: string): number {
    return this.#runners.get(keyOf(cluster))?.readyCount(asgName) ?? 0;
  }

  whyNotJoined(instanceId: string): string | undefined {
    const state = this.#consoleState(instanceId);
    return state.kind === 'refused' ? state.reason : undefined;
  }

  #consoleState(instanceId: string): ConsoleState {
    for (const runner of this.#runners.values()) {
      const report = runner.report().find((one) => one.instanceId === instanceId);
      if (report?.reason !== undefined) return { kind: 'refused', reason: report.reason };
      if (report?.node !== undefined) return { kind: 'joined', node: report.node, cluster: runner.cluster.name };
      if (report !== undefined) return { kind: 'starting' };
    }
    const learned = this.#learned.get(instanceId);
    if (learned === undefined) return { kind: 'unknown' };
    const { bootstrap, wanted } = learned;
    if (bootstrap.kind === 'refused') return bootstrap;
    return { kind: 'refused', reason: `no cluster "${wanted ?? ''}" answers in this account and region` };
  }

  nudge(): void {
    this.#wake();
  }

  fault(cluster: ClusterRef, fault: NodeFault): () => void {
    const entry = { cluster: keyOf(cluster), fault };
    this.#faults.add(entry);
    this.nudge();
    return () => {
      this.#faults.delete(entry);
    };
  }

  faults(): readonly { readonly cluster: string; readonly fault: NodeFault }[] {
    return [...this.#faults];
  }

  inventory(): readonly ClusterInventory[] {
    return [...this.#runners.values()].map((runner) => {
      const { account, region, name } = runner.cluster;
      return { account, region, name, ...runner.counts(), instances: runner.report() };
    });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the nodes are stopped'));
    this.#unsubscribe();
    this.nudge();
    await this.#loop;
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
    this.#runners.clear();
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#sweep();
      } catch (error) {
        if (!this.#signal.aborted) this.#context.log({ error: messageOf(error) }, 'a look at the instances failed');
      }
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    const nudged = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const pause = new AbortController();
    const signal = AbortSignal.any([this.#signal, pause.signal]);
    await Promise.race([
      nudged,
      this.#context.clock.sleep(this.#options.sweepMs ?? 1_000, signal).catch(() => undefined),
    ]);
    pause.abort();
    // A burst of changes is one look.
    await this.#context.clock.sleep(20, this.#signal).catch(() => undefined);
  }

  async #sweep(): Promise<void> {
    const clusters = this.#options.clusters.list();
    await this.#closeMissing(clusters);
    for (const cluster of clusters) this.#open(cluster);
    const places = new Map(clusters.map((cluster) => [placeKey(cluster), cluster] as const));
    await mapBounded([...places.values()], 4, (place) => this.#sweepPlace(place));
  }

  async #sweepPlace(place: Place): Promise<void> {
    const reader = this.#reader(place);
    const instances = await reader.instances();
    const known = instances.filter(({ state }) => state !== 'pending');
    await mapBounded(known, 8, (instance) => this.#learn(reader, instance, placeKey(place)));
    this.#forgetGone(instances, placeKey(place));
    const runners = [...this.#runners.values()].filter((runner) => placeKey(runner.cluster) === placeKey(place));
    for (const runner of runners) runner.look(this.#candidates(instances, runner.cluster));
  }

  async #learn(reader: Ec2Reader, instance: Instance, place: string): Promise<void> {
    if (this.#learned.has(instance.id)) return;
    const bootstrap = readBootstrap(await reader.userData(instance));
    this.#learned.set(instance.id, { place, bootstrap, wanted: wantedCluster(instance, bootstrap) });
  }

  #forgetGone(instances: readonly Instance[], place: string): void {
    const there = new Set(instances.map(({ id }) => id));
    for (const [id, learned] of this.#learned) if (learned.place === place && !there.has(id)) this.#learned.delete(id);
  }

  #candidates(instances: readonly Instance[], cluster: ClusterRef): readonly Candidate[] {
    return instances.flatMap((instance) => {
      const learned = this.#learned.get(instance.id);
      const isWanted = learned !== undefined && wantedCluster(instance, learned.bootstrap) === cluster.name;
      return isWanted ? [{ instance, bootstrap: learned.bootstrap }] : [];
    });
  }

  #reader(place: Place): Ec2Reader {
    const known = this.#readers.get(placeKey(place));
    if (known !== undefined) return known;
    const reader = new Ec2Reader(this.#context.backend, { account: place.account, region: place.region });
    this.#readers.set(placeKey(place), reader);
    return reader;
  }

  /** A runner for each cluster; a new one where the cluster is another one, or answers elsewhere. */
  #open(cluster: ClusterView): void {
    if (this.#runners.has(keyOf(cluster))) return;
    const runner = new ClusterRunner({
      cluster,
      clusters: this.#options.clusters,
      service: this.#context,
      ...this.#kube(cluster),
      reader: this.#reader(cluster),
      serving: kubeletServing(this.#options.trustOf?.(cluster), cluster.caPem, () => this.#context.clock.now()),
      faults: () => [...this.#faults].filter((entry) => entry.cluster === keyOf(cluster)).map(({ fault }) => fault),
      paced: (seconds) => paced(seconds, this.#context.pace),
      now: () => this.#context.clock.now(),
    });
    this.#runners.set(keyOf(cluster), runner);
    runner.start();
  }

  #kube(cluster: ClusterView): { readonly api: KubeApi; readonly events: EventRecorder } {
    const { endpoint, caPem, admin } = cluster;
    const api = new KubeApi({ endpoint, caPem, certPem: admin.certPem, keyPem: admin.keyPem });
    return { api, events: new EventRecorder(api, this.#context.clock) };
  }

  async #closeMissing(clusters: readonly ClusterView[]): Promise<void> {
    const current = new Map(clusters.map((cluster) => [keyOf(cluster), cluster] as const));
    for (const [key, runner] of this.#runners) {
      const now = current.get(key);
      const same =
        now !== undefined &&
        now.id === runner.cluster.id &&
        now.endpoint === runner.cluster.endpoint &&
        now.caPem === runner.cluster.caPem;
      if (same) continue;
      this.#runners.delete(key);
      await runner.close();
    }
  }
}

function keyOf(cluster: ClusterRef): string {
  return `${cluster.account}/${cluster.region}/${cluster.name}`;
}

function placeKey(place: Place): string {
  return `${place.account}/${place.region}`;
}
