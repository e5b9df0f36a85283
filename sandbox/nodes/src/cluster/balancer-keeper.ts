import { mapBounded, messageOf } from '@roadstead/foundation';
import { type BalancerRequest, balancerFinalizer, balancerSubnets, planBalancer } from '../balancer/balancer-plan.ts';
import { Balancers } from '../balancer/balancers.ts';
import type { KubeNode, Service } from '../kube/objects.ts';
import type { KubeletEvent } from '../pod/container-machine.ts';
import type { ClusterContext } from './context.ts';
import type { JoinedNode } from './node-keeper.ts';
import { subjectOf } from './volume-keeper.ts';

interface Known {
  /** Ports, nodes and kind that the balancer was last brought to. */
  state: string;
  /** Wall milliseconds before which it is not tried again. */
  notBefore: number;
}

/** Whether a node takes what load balancers send: it is there, and nobody keeps it out. */
export function isBalanced(node: KubeNode | undefined): boolean {
  const excluded = node?.metadata.labels?.['node.kubernetes.io/exclude-from-external-load-balancers'];
  return node !== undefined && node.metadata.deletionTimestamp === undefined && excluded === undefined;
}

/** The service controller of EKS: Services of type LoadBalancer become load balancers, and leave with them. */
export class BalancerKeeper {
  readonly #context: ClusterContext;
  readonly #balancers: Balancers;
  readonly #hooks: { nodes(): readonly JoinedNode[] };
  readonly #known = new Map<string, Known>();

  constructor(context: ClusterContext, hooks: { nodes(): readonly JoinedNode[] }) {
    this.#context = context;
    this.#balancers = new Balancers(context.service.backend, context.cluster);
    this.#hooks = hooks;
  }

  async pass(): Promise<void> {
    await mapBounded(this.#context.mirrors.services.all(), 4, (service) => this.#attend(service));
  }

  async #attend(service: Service): Promise<void> {
    const plan = planBalancer(service, this.#context.cluster.name);
    const known = this.#known.get(service.metadata.uid);
    if (plan.kind === 'none' || (known !== undefined && known.notBefore > this.#context.now())) return;
    try {
      if (plan.kind === 'refuse') throw new Error(plan.message);
      if (plan.kind === 'remove') await this.#remove(service, plan.name);
      else await this.#ensure(service, plan.request);
    } catch (error) {
      if (this.#context.signal.aborted) return;
      this.#known.set(service.metadata.uid, { state: '', notBefore: this.#context.now() + this.#context.paced(30) });
      await this.#say(service, {
        type: 'Warning',
        reason: 'SyncLoadBalancerFailed',
        message: `Error syncing load balancer: failed to ${plan.kind === 'remove' ? 'delete' : 'ensure'} load balancer: ${messageOf(error)}`,
      });
    }
  }

  async #ensure(service: Service, request: BalancerRequest): Promise<void> {
    const { cluster, api, signal, mirrors } = this.#context;
    const instanceIds = this.#hooks
      .nodes()
      .filter((node) => isBalanced(mirrors.nodes.get(node.name)))
      .map((node) => node.facts.instanceId)
      .toSorted();
    const state = JSON.stringify([request, instanceIds]);
    const hasHost = (service.status?.loadBalancer?.ingress ?? []).length > 0;
    if (hasHost && this.#known.get(service.metadata.uid)?.state === state) return;
    const path = `/api/v1/namespaces/${service.metadata.namespace}/services/${service.metadata.name}`;
    const finalizers = service.metadata.finalizers ?? [];
    if (!finalizers.includes(balancerFinalizer)) {
      await this.#say(service, { type: 'Normal', reason: 'EnsuringLoadBalancer', message: 'Ensuring load balancer' });
      await api.patch(
        path,
        'merge',
        { metadata: { uid: service.metadata.uid, finalizers: [...finalizers, balancerFinalizer] } },
        signal,
      );
    }
    const network = await this.#balancers.network(cluster.vpcId);
    const subnetIds = balancerSubnets({ ...network, cluster: cluster.name }, request.internal);
    if (subnetIds.length === 0) throw new Error('could not find any suitable subnets for creating the ELB');
    const hostname = await this.#balancers.ensure(request, { ...cluster, subnetIds, instanceIds });
    await this.#say(service, {
      type: 'Normal',
      ...(hasHost
        ? { reason: 'UpdatedLoadBalancer', message: 'Updated load balancer with new hosts' }
        : { reason: 'EnsuredLoadBalancer', message: 'Ensured load balancer' }),
    });
    const written = await api.patch<Service>(
      `${path}/status`,
      'merge',
      { status: { loadBalancer: { ingress: [{ hostname }] } } },
      signal,
    );
    if (written !== undefined) mirrors.services.learn(written);
    this.#known.set(service.metadata.uid, { state, notBefore: 0 });
  }

  async #remove(service: Service, name: string): Promise<void> {
    const { cluster, api, signal } = this.#context;
    await this.#balancers.remove(name, cluster);
    const kept = (service.metadata.finalizers ?? []).filter((one) => one !== balancerFinalizer);
    const path = `/api/v1/namespaces/${service.metadata.namespace}/services/${service.metadata.name}`;
    await api.patch(path, 'merge', { metadata: { uid: service.metadata.uid, finalizers: kept } }, signal);
    if (service.metadata.deletionTimestamp === undefined) {
      await api.patch(`${path}/status`, 'merge', { status: { loadBalancer: { ingress: [] } } }, signal);
    }
    this.#known.delete(service.metadata.uid);
  }

  #say(service: Service, event: KubeletEvent): Promise<void> {
    return this.#context.events.record(subjectOf('Service', service), event, { component: 'service-controller' });
  }
}
