import type { ServiceContext } from '@roadstead/sandbox-gateway';
import type { Ec2Reader } from '../aws/ec2-reader.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { Mirror } from '../kube/mirror.ts';
import type {
  KubeNode,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Service,
  StorageClass,
  VolumeAttachment,
} from '../kube/objects.ts';
import type { KubeletServing } from '../kubelet/serving.ts';
import type { Clusters, ClusterView, NodeFault } from '../ports.ts';

/** What of a cluster is kept in memory. */
export interface Mirrors {
  readonly nodes: Mirror<KubeNode>;
  readonly pods: Mirror<Pod>;
  readonly claims: Mirror<PersistentVolumeClaim>;
  readonly volumes: Mirror<PersistentVolume>;
  readonly classes: Mirror<StorageClass>;
  readonly attachments: Mirror<VolumeAttachment>;
  readonly services: Mirror<Service>;
}

/** What everything that plays a part of one cluster is made with. */
export interface ClusterContext {
  readonly cluster: ClusterView;
  readonly clusters: Clusters;
  readonly service: ServiceContext;
  readonly api: KubeApi;
  readonly mirrors: Mirrors;
  readonly events: EventRecorder;
  readonly reader: Ec2Reader;
  readonly serving: KubeletServing;
  /** The faults in force for this cluster. */
  faults(): readonly NodeFault[];
  /** AWS's seconds to the sandbox's milliseconds. */
  paced(seconds: number): number;
  now(): number;
  /** Ends with the cluster or the sandbox. */
  readonly signal: AbortSignal;
}
