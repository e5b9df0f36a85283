import { describe, expect, test } from 'vitest';
import type { PersistentVolumeClaim, StorageClass } from '../kube/objects.ts';
import { at } from '../read.ts';
import { type ClaimSurroundings, planClaim, sizeOf, volumeManifest } from './claim-plan.ts';

const storageClass: StorageClass = {
  metadata: { name: 'gp3', uid: 'c', resourceVersion: '1' },
  provisioner: 'ebs.csi.aws.com',
  parameters: { type: 'gp3', encrypted: 'true', tagSpecification_1: 'team=shop' },
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

const claim: PersistentVolumeClaim = {
  metadata: {
    name: 'data',
    namespace: 'default',
    uid: 'u-1',
    resourceVersion: '1',
    annotations: {
      'volume.kubernetes.io/storage-provisioner': 'ebs.csi.aws.com',
      'volume.kubernetes.io/selected-node': 'node-b',
    },
  },
  spec: { storageClassName: 'gp3', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
  status: { phase: 'Pending' },
};

const around: ClaimSurroundings = {
  cluster: 'shop',
  storageClass,
  zoneOf: (node) => (node === 'node-b' ? 'eu-central-1b' : undefined),
  anyZone: 'eu-central-1a',
};

function withParameters(parameters: Record<string, string>): ClaimSurroundings {
  return { ...around, storageClass: { ...storageClass, parameters } };
}

describe('a claim', () => {
  test('becomes a volume in the zone of the chosen node, with the class’s settings and the driver’s tags', () => {
    const plan = planClaim(claim, around);
    expect(plan).toMatchObject({
      kind: 'provision',
      request: { name: 'pvc-u-1', zone: 'eu-central-1b', sizeGiB: 10, type: 'gp3', encrypted: true },
    });
    expect(plan.kind === 'provision' && plan.request.tags).toMatchObject({
      team: 'shop',
      CSIVolumeName: 'pvc-u-1',
      'kubernetes.io/created-for/pvc/name': 'data',
      'kubernetes.io/cluster/shop': 'owned',
      'ebs.csi.aws.com/cluster': 'true',
    });
  });

  const annotations = { 'volume.kubernetes.io/storage-provisioner': 'ebs.csi.aws.com' };
  const unchosen: PersistentVolumeClaim = { ...claim, metadata: { ...claim.metadata, annotations } };

  test.each<[string, PersistentVolumeClaim, ClaimSurroundings]>([
    ['of another provisioner', { ...claim, metadata: { ...claim.metadata, annotations: {} } }, around],
    ['that is bound', { ...claim, status: { phase: 'Bound' } }, around],
    ['that is being deleted', { ...claim, metadata: { ...claim.metadata, deletionTimestamp: 'now' } }, around],
    ['that waits for its consumer', unchosen, around],
    ['whose node is not there', claim, { ...around, zoneOf: () => undefined }],
    ['whose class is gone', claim, { ...around, storageClass: undefined }],
  ])('%s is left alone', (_, subject, surroundings) => {
    expect(planClaim(subject, surroundings)).toEqual({ kind: 'none' });
  });

  test('of a class that binds at once takes any zone', () => {
    const immediate = { ...around, storageClass: { ...storageClass, volumeBindingMode: 'Immediate' } };
    expect(planClaim(unchosen, immediate)).toMatchObject({ request: { zone: 'eu-central-1a' } });
  });

  test.each<[string, PersistentVolumeClaim, ClaimSurroundings, string]>([
    ['an unknown parameter', claim, withParameters({ typ: 'gp3' }), 'Invalid parameter key typ'],
    ['an unknown type', claim, withParameters({ type: 'gp9' }), 'gp9'],
    ['many writers', { ...claim, spec: { ...claim.spec, accessModes: ['ReadWriteMany'] } }, around, 'not supported'],
    [
      'too large a size',
      { ...claim, spec: { ...claim.spec, resources: { requests: { storage: '100Ti' } } } },
      around,
      'exceeds',
    ],
  ])('with %s fails', (_, subject, surroundings, message) => {
    const plan = planClaim(subject, surroundings);
    expect(plan.kind === 'fail' ? plan.message : plan).toContain(message);
  });
});

test.each([
  ['10Gi', 10],
  ['10G', 10],
  ['1', 1],
  ['1.5Gi', 2],
])('%s is %i GiB', (storage, size) => {
  expect(sizeOf({ ...claim, spec: { resources: { requests: { storage } } } })).toBe(size);
});

test('the volume is bound to its claim and its zone', () => {
  const plan = planClaim(claim, around);
  if (plan.kind !== 'provision') throw new Error('no plan');
  const volume = volumeManifest(claim, storageClass, plan.request, 'vol-1');
  expect(at(volume, 'spec', 'claimRef')).toMatchObject({ name: 'data', uid: 'u-1' });
  expect(at(volume, 'spec', 'csi')).toMatchObject({ volumeHandle: 'vol-1', fsType: 'ext4' });
  expect(JSON.stringify(at(volume, 'spec', 'nodeAffinity'))).toContain('eu-central-1b');
});
