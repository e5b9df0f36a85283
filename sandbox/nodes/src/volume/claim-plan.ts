import type { PersistentVolumeClaim, StorageClass } from '../kube/objects.ts';
import { wholeUnits } from '../quantity.ts';

export const ebsDriver = 'ebs.csi.aws.com';
export const provisionerFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer';

export interface VolumeRequest {
  /** Of the PersistentVolume and in the tag `CSIVolumeName`. */
  readonly name: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly fsType: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type ClaimPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'provision'; readonly request: VolumeRequest }
  | { readonly kind: 'fail'; readonly message: string };

export interface ClaimSurroundings {
  readonly cluster: string;
  readonly storageClass: StorageClass | undefined;
  /** Zone of a node by its name; `undefined` when the node is not there. */
  zoneOf(node: string): string | undefined;
  /** Any zone with a node: for classes that bind at once. */
  readonly anyZone: string | undefined;
}

const volumeTypes: ReadonlySet<string> = new Set(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']);
const knownParameters: ReadonlySet<string> = new Set(
  `type encrypted kmskeyid iops throughput iopspergb allowautoiopspergbincrease blockexpress blocksize inodesize bytesperinode
  numberofinodes ext4bigalloc ext4clustersize csi.storage.k8s.io/fstype fstype`.split(/\s+/),
);
const maxGiB = 65_536;

/** What the provisioner does about a claim. Pure. */
export function planClaim(claim: PersistentVolumeClaim, around: ClaimSurroundings): ClaimPlan {
  const annotations = claim.metadata.annotations ?? {};
  const storageClass = around.storageClass;
  const isOurs =
    (annotations['volume.kubernetes.io/storage-provisioner'] ??
      annotations['volume.beta.kubernetes.io/storage-provisioner']) === ebsDriver;
  const isOpen =
    claim.status?.phase === 'Pending' &&
    claim.spec.volumeName === undefined &&
    claim.metadata.deletionTimestamp === undefined;
  if (!isOurs || !isOpen || storageClass?.provisioner !== ebsDriver) return { kind: 'none' };
  const zone = zoneFor(storageClass, annotations['volume.kubernetes.io/selected-node'], around);
  if (zone === undefined) return { kind: 'none' };
  const problem = requestProblem(claim, storageClass);
  if (problem !== undefined)
    return {
      kind: 'fail',
      message: `failed to provision volume with StorageClass "${storageClass.metadata.name}": rpc error: code = InvalidArgument desc = ${problem}`,
    };
  return { kind: 'provision', request: requestFor(claim, storageClass, zone, around.cluster) };
}

function zoneFor(
  storageClass: StorageClass,
  selectedNode: string | undefined,
  around: ClaimSurroundings,
): string | undefined {
  if (selectedNode !== undefined) return around.zoneOf(selectedNode);
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer' ? undefined : around.anyZone;
}

function requestProblem(claim: PersistentVolumeClaim, storageClass: StorageClass): string | undefined {
  const parameters = Object.entries(storageClass.parameters ?? {});
  const unknown = parameters.find(
    ([key]) => !knownParameters.has(key.toLowerCase()) && !key.startsWith('tagSpecification_'),
  );
  if (unknown !== undefined) return `Invalid parameter key ${unknown[0]} for CreateVolume`;
  const type = parameterOf(storageClass, 'type') ?? 'gp3';
  if (!volumeTypes.has(type)) return `invalid AWS VolumeType "${type}"`;
  const shared = (claim.spec.accessModes ?? []).find((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
  if (shared !== undefined && claim.spec.volumeMode !== 'Block')
    return 'Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.';
  return sizeOf(claim) > maxGiB ? `Requested size exceeds ${maxGiB}GiB` : undefined;
}

function requestFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  zone: string,
  cluster: string,
): VolumeRequest {
  const { uid, name, namespace = 'default' } = claim.metadata;
  const volume = `pvc-${uid}`;
  const kmsKeyId = parameterOf(storageClass, 'kmsKeyId');
  return {
    name: volume,
    zone,
    sizeGiB: sizeOf(claim),
    type: parameterOf(storageClass, 'type') ?? 'gp3',
    encrypted: parameterOf(storageClass, 'encrypted') === 'true' || kmsKeyId !== undefined,
    kmsKeyId,
    iops: numeric(parameterOf(storageClass, 'iops')),
    throughput: numeric(parameterOf(storageClass, 'throughput')),
    fsType: parameterOf(storageClass, 'csi.storage.k8s.io/fstype') ?? 'ext4',
    tags: {
      ...customTags(storageClass),
      Name: `${cluster}-dynamic-${volume}`,
      CSIVolumeName: volume,
      [`kubernetes.io/cluster/${cluster}`]: 'owned',
      'ebs.csi.aws.com/cluster': 'true',
      'kubernetes.io/created-for/pvc/name': name,
      'kubernetes.io/created-for/pvc/namespace': namespace,
      'kubernetes.io/created-for/pv/name': volume,
    },
  };
}

/** Whole GiB, rounded up; one at the least. */
export function sizeOf(claim: PersistentVolumeClaim): number {
  const bytes = wholeUnits(claim.spec.resources?.requests?.storage ?? '1Gi') ?? 2 ** 30;
  return Math.max(1, Math.ceil(bytes / 2 ** 30));
}

function parameterOf(storageClass: StorageClass, name: string): string | undefined {
  const found = Object.entries(storageClass.parameters ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1];
}

function numeric(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

function customTags(storageClass: StorageClass): Readonly<Record<string, string>> {
  const specs = Object.entries(storageClass.parameters ?? {}).filter(([key]) => key.startsWith('tagSpecification_'));
  return Object.fromEntries(specs.map(([, pair]) => [pair.split('=')[0] ?? '', pair.split('=').slice(1).join('=')]));
}

/** The PersistentVolume for a volume that EC2 has made. */
export function volumeManifest(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  request: VolumeRequest,
  volumeId: string,
): object {
  const { name, namespace, uid } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: request.name,
      annotations: {
        'pv.kubernetes.io/provisioned-by': ebsDriver,
        'volume.kubernetes.io/provisioner-deletion-secret-name': '',
        'volume.kubernetes.io/provisioner-deletion-secret-namespace': '',
      },
      finalizers: [provisionerFinalizer],
    },
    spec: {
      capacity: { storage: `${request.sizeGiB}Gi` },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: storageClass.mountOptions }),
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      csi: {
        driver: ebsDriver,
        volumeHandle: volumeId,
        ...(claim.spec.volumeMode === 'Block' ? {} : { fsType: request.fsType }),
        volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': 'sandbox-ebs.csi.aws.com' },
      },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [request.zone] }] },
          ],
        },
      },
    },
  };
}
