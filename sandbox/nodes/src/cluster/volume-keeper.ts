import { mapBounded, messageOf } from '@roadstead/foundation';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment } from '../kube/objects.ts';
import type { KubeletEvent } from '../pod/container-machine.ts';
import { at, numberOf } from '../read.ts';
import {
  ebsDriver,
  planClaim,
  provisionerFinalizer,
  sizeOf,
  type VolumeRequest,
  volumeManifest,
} from '../volume/claim-plan.ts';
import { credentialProblem } from '../volume/driver-credentials.ts';
import { Ebs } from '../volume/ebs.ts';
import type { ClusterContext } from './context.ts';
import type { JoinedNode } from './node-keeper.ts';

const attacherFinalizer = 'external-attacher/ebs-csi-aws-com';
const provisionerSource = { component: 'ebs.csi.aws.com_ebs-csi-controller' };

/** The EBS CSI driver of one cluster: works while its controller's Deployment is ready. */
export class VolumeKeeper {
  readonly #context: ClusterContext;
  readonly #ebs: Ebs;
  readonly #hooks: { nodes(): readonly JoinedNode[] };
  /** Nodes (by uid) where the driver has registered. */
  readonly #registered = new Set<string>();
  /** By claim's uid: when a failed one is tried again. */
  readonly #notBefore = new Map<string, number>();
  #controller: { readonly at: number; readonly ready: boolean } = { at: Number.NEGATIVE_INFINITY, ready: false };

  constructor(context: ClusterContext, hooks: { nodes(): readonly JoinedNode[] }) {
    this.#context = context;
    this.#ebs = new Ebs(context.service.backend, context.cluster);
    this.#hooks = hooks;
  }

  /** The volumes that pods on a node hold, as the kubelet reports them. */
  inUse(node: string): readonly string[] {
    const { mirrors } = this.#context;
    const held = mirrors.pods.all().filter((pod) => pod.spec.nodeName === node && isAlive(pod));
    const claims = held.flatMap((pod) =>
      (pod.spec.volumes ?? []).flatMap((volume) => {
        const name = volume.persistentVolumeClaim?.claimName;
        return name === undefined ? [] : (mirrors.claims.get(name, pod.metadata.namespace) ?? []);
      }),
    );
    const handles = claims.flatMap(
      (claim) => mirrors.volumes.get(claim.spec.volumeName ?? '')?.spec.csi?.volumeHandle ?? [],
    );
    return [...new Set(handles)].toSorted().map((handle) => `kubernetes.io/csi/${ebsDriver}^${handle}`);
  }

  async pass(): Promise<void> {
    const { mirrors } = this.#context;
    await this.#registerDrivers();
    if (!(await this.#controllerReady())) return;
    await this.#each(mirrors.claims.all(), (claim) => this.#provision(claim));
    await this.#each(mirrors.attachments.all(), (attachment) => this.#attach(attachment));
    await this.#each(mirrors.volumes.all(), (volume) => this.#reclaim(volume));
  }

  async #each<T extends KubeObject>(objects: readonly T[], work: (object: T) => Promise<void>): Promise<void> {
    await mapBounded(objects, 8, async (object) => {
      try {
        await work(object);
      } catch (error) {
        if (this.#context.signal.aborted) return;
        this.#context.service.log({ object: object.metadata.name, error: messageOf(error) }, 'the EBS driver failed');
      }
    });
  }

  async #controllerReady(): Promise<boolean> {
    const { api, service, signal } = this.#context;
    const asked = service.clock.monotonic();
    if (asked - this.#controller.at < 1_000) return this.#controller.ready;
    const deployment = await api.get('/apis/apps/v1/namespaces/kube-system/deployments/ebs-csi-controller', signal);
    const available = numberOf(at(deployment, 'status', 'availableReplicas')) ?? 0;
    this.#controller = { at: asked, ready: available > 0 };
    return this.#controller.ready;
  }

  /** A node takes volumes when the driver's pod runs there. */
  async #registerDrivers(): Promise<void> {
    const { mirrors } = this.#context;
    for (const node of this.#hooks.nodes()) {
      const object = mirrors.nodes.get(node.name);
      const runs = mirrors.pods.all().some((pod) => pod.spec.nodeName === node.name && isDriverPod(pod));
      if (object === undefined || !runs || this.#registered.has(object.metadata.uid)) continue;
      await this.#register(node, object.metadata.uid);
      this.#registered.add(object.metadata.uid);
    }
  }

  async #register(node: JoinedNode, uid: string): Promise<void> {
    const { api, signal } = this.#context;
    const base = '/apis/storage.k8s.io/v1/csinodes';
    const driver = {
      name: ebsDriver,
      nodeID: node.facts.instanceId,
      topologyKeys: ['kubernetes.io/os', 'topology.ebs.csi.aws.com/zone', 'topology.kubernetes.io/zone'],
      // Nitro shares 28 slots between interfaces, local disks and volumes: one interface, the disks and the root volume are taken.
      allocatable: { count: 26 - node.facts.type.localDisksGB.length },
    };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid }];
    const made = await api.create(
      base,
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSINode',
        metadata: { name: node.name, ownerReferences },
        spec: { drivers: [driver] },
      },
      signal,
    );
    if (made === undefined) await api.patch(`${base}/${node.name}`, 'merge', { spec: { drivers: [driver] } }, signal);
    await api.patch(
      `/api/v1/nodes/${node.name}`,
      'merge',
      { metadata: { labels: { 'topology.ebs.csi.aws.com/zone': node.facts.zone } } },
      signal,
    );
  }

  async #provision(claim: PersistentVolumeClaim): Promise<void> {
    const { mirrors, cluster, api, signal } = this.#context;
    const nodes = this.#hooks.nodes();
    const storageClass = mirrors.classes.get(claim.spec.storageClassName ?? '');
    const plan = planClaim(claim, {
      cluster: cluster.name,
      storageClass,
      zoneOf: (name) => nodes.find((node) => node.name === name)?.facts.zone,
      anyZone: nodes[0]?.facts.zone,
    });
    if (plan.kind === 'none' || storageClass === undefined) return this.#grow(claim);
    if ((this.#notBefore.get(claim.metadata.uid) ?? 0) > this.#context.now()) return;
    if (plan.kind === 'fail') return this.#fail(claim, plan.message);
    if (mirrors.volumes.get(plan.request.name) !== undefined) return;
    try {
      await this.#checkCredentials(plan.request.tags);
      const volumeId = await this.#ebs.create(plan.request);
      const manifest = volumeManifest(claim, storageClass, plan.request, volumeId);
      const made = await api.create('/api/v1/persistentvolumes', manifest, signal);
      if (made !== undefined) await this.#succeed(claim, plan.request);
    } catch (error) {
      const cause = `rpc error: code = Internal desc = Could not create volume "${plan.request.name}": ${messageOf(error)}`;
      await this.#fail(claim, `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${cause}`);
    }
  }

  async #checkCredentials(tags: VolumeRequest['tags']): Promise<void> {
    const { api, service, cluster, signal } = this.#context;
    const account = await api.get('/api/v1/namespaces/kube-system/serviceaccounts/ebs-csi-controller-sa', signal);
    const problem = await credentialProblem(service.backend, cluster, account, tags);
    if (problem !== undefined) throw new Error(problem);
  }

  #succeed(claim: PersistentVolumeClaim, request: VolumeRequest): Promise<void> {
    const message = `Successfully provisioned volume ${request.name}`;
    return this.#say(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
  }

  #fail(claim: PersistentVolumeClaim, message: string): Promise<void> {
    this.#notBefore.set(claim.metadata.uid, this.#context.now() + this.#context.paced(15));
    return this.#say(claim, { type: 'Warning', reason: 'ProvisioningFailed', message });
  }

  #say(claim: PersistentVolumeClaim, event: KubeletEvent): Promise<void> {
    return this.#context.events.record(subjectOf('PersistentVolumeClaim', claim), event, provisionerSource);
  }

  /** A bound claim that asks for more than it has. */
  async #grow(claim: PersistentVolumeClaim): Promise<void> {
    const { mirrors, api, signal } = this.#context;
    const volume = mirrors.volumes.get(claim.spec.volumeName ?? '');
    if (claim.status?.phase !== 'Bound' || volume?.spec.csi?.driver !== ebsDriver) return;
    const wanted = `${sizeOf(claim)}Gi`;
    const has = claim.status.capacity?.storage;
    const asked = claim.spec.resources?.requests?.storage;
    if (
      has === undefined ||
      asked === undefined ||
      sizeOf(claim) <= sizeOf({ ...claim, spec: { resources: { requests: { storage: has } } } })
    )
      return;
    await this.#ebs.resize(volume.spec.csi.volumeHandle, sizeOf(claim));
    await api.patch(
      `/api/v1/persistentvolumes/${volume.metadata.name}`,
      'merge',
      { spec: { capacity: { storage: wanted } } },
      signal,
    );
    const path = `/api/v1/namespaces/${claim.metadata.namespace}/persistentvolumeclaims/${claim.metadata.name}/status`;
    await api.patch(path, 'merge', { status: { capacity: { storage: wanted } } }, signal);
  }

  async #attach(attachment: VolumeAttachment): Promise<void> {
    const { mirrors, api, signal } = this.#context;
    if (attachment.spec.attacher !== ebsDriver) return;
    const volume = mirrors.volumes.get(attachment.spec.source.persistentVolumeName ?? '');
    const handle = volume?.spec.csi?.volumeHandle;
    if (attachment.metadata.deletionTimestamp !== undefined) return this.#detach(attachment, handle);
    const node = this.#hooks.nodes().find((one) => one.name === attachment.spec.nodeName);
    const age = this.#context.now() - Date.parse(attachment.metadata.creationTimestamp ?? '');
    if (
      attachment.status?.attached === true ||
      handle === undefined ||
      node === undefined ||
      age < this.#context.paced(5)
    )
      return;
    const path = `/apis/storage.k8s.io/v1/volumeattachments/${attachment.metadata.name}`;
    if (!(attachment.metadata.finalizers ?? []).includes(attacherFinalizer)) {
      await api.patch(
        path,
        'merge',
        { metadata: { finalizers: [...(attachment.metadata.finalizers ?? []), attacherFinalizer] } },
        signal,
      );
    }
    try {
      if (this.#isStuck(volume))
        throw new Error('rpc error: code = DeadlineExceeded desc = context deadline exceeded: volume is "attaching"');
      const devicePath = await this.#ebs.attach(handle, node.facts);
      await api.patch(
        `${path}/status`,
        'merge',
        { status: { attached: true, attachmentMetadata: { devicePath }, attachError: null } },
        signal,
      );
    } catch (error) {
      if (attachment.status?.attachError?.message === messageOf(error)) return;
      const attachError = { message: messageOf(error), time: new Date(this.#context.now()).toISOString() };
      await api.patch(`${path}/status`, 'merge', { status: { attached: false, attachError } }, signal);
    }
  }

  async #detach(attachment: VolumeAttachment, handle: string | undefined): Promise<void> {
    const finalizers = attachment.metadata.finalizers ?? [];
    if (!finalizers.includes(attacherFinalizer)) return;
    if (handle !== undefined) await this.#ebs.detach(handle);
    const kept = finalizers.filter((one) => one !== attacherFinalizer);
    await this.#context.api.patch(
      `/apis/storage.k8s.io/v1/volumeattachments/${attachment.metadata.name}`,
      'merge',
      { metadata: { finalizers: kept } },
      this.#context.signal,
    );
  }

  /** A volume whose claim is gone goes too, where the policy says so. */
  async #reclaim(volume: PersistentVolume): Promise<void> {
    const { mirrors, api, signal } = this.#context;
    const csi = volume.spec.csi;
    const isOver = volume.status?.phase === 'Released' || volume.metadata.deletionTimestamp !== undefined;
    if (csi?.driver !== ebsDriver || !isOver) return;
    const finalizers = volume.metadata.finalizers ?? [];
    const isHeld = finalizers.includes('kubernetes.io/pv-protection') && volume.status?.phase === 'Bound';
    const isAttached = mirrors.attachments
      .all()
      .some((one) => one.spec.source.persistentVolumeName === volume.metadata.name);
    if (isHeld || isAttached) return;
    const path = `/api/v1/persistentvolumes/${volume.metadata.name}`;
    if (volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      await this.#ebs.delete(csi.volumeHandle);
      if (volume.metadata.deletionTimestamp === undefined)
        await api.delete(path, { preconditions: { uid: volume.metadata.uid } }, signal);
    } else if (volume.metadata.deletionTimestamp === undefined) return;
    if (finalizers.includes(provisionerFinalizer)) {
      const kept = finalizers.filter((one) => one !== provisionerFinalizer);
      await api.patch(path, 'merge', { metadata: { finalizers: kept } }, signal);
    }
  }

  #isStuck(volume: PersistentVolume | undefined): boolean {
    const label = `${volume?.spec.claimRef?.namespace}/${volume?.spec.claimRef?.name}`;
    return this.#context.faults().some((fault) => fault.kind === 'volume-stuck' && label.includes(fault.match));
  }
}

function isAlive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

function isDriverPod(pod: Pod): boolean {
  const named = pod.metadata.labels?.app === 'ebs-csi-node';
  return named && (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

export function subjectOf(
  kind: string,
  object: KubeObject,
): { apiVersion: string; kind: string; name: string; namespace: string | undefined; uid: string } {
  const { name, namespace, uid } = object.metadata;
  return { apiVersion: 'v1', kind, name, namespace, uid };
}
