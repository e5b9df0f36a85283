import type { PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '../kube/objects.ts';

export interface ClaimFacts {
  readonly name: string;
  readonly claim: PersistentVolumeClaim | undefined;
  readonly volume: PersistentVolume | undefined;
  readonly attachment: VolumeAttachment | undefined;
}

/** `quietSeconds`: how long a kubelet waits before it complains; seconds of AWS's pace. */
export interface VolumeProblem {
  readonly reason: string;
  readonly message: string;
  readonly quietSeconds: number;
}

/** Why a pod cannot have the volume of a claim yet, as the kubelet tells it; `undefined` when it can. */
export function claimProblem(facts: ClaimFacts): VolumeProblem | undefined {
  const { name, claim, volume, attachment } = facts;
  if (claim === undefined)
    return { reason: 'FailedMount', message: `persistentvolumeclaim "${name}" not found`, quietSeconds: 0 };
  if (claim.status?.phase !== 'Bound' || volume === undefined) {
    return {
      reason: 'FailedMount',
      message: `error processing PVC ${claim.metadata.namespace}/${name}: PVC is not bound`,
      quietSeconds: 120,
    };
  }
  if (volume.spec.csi === undefined) return undefined;
  if (attachment?.status?.attached === true) return undefined;
  const cause = attachment?.status?.attachError?.message;
  const waiting =
    cause ??
    `timed out waiting for external-attacher of ${volume.spec.csi.driver} CSI driver to attach volume ${volume.spec.csi.volumeHandle}`;
  const quietSeconds = cause === undefined ? 120 : 0;
  return {
    reason: 'FailedAttachVolume',
    quietSeconds,
    message: `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${waiting}`,
  };
}
