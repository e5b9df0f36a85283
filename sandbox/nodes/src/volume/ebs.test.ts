import { beforeEach, describe, expect, test } from 'vitest';
import { createFakeAws, type FakeAws } from '../testing/fake-aws.ts';
import type { VolumeRequest } from './claim-plan.ts';
import { Ebs } from './ebs.ts';

const request: VolumeRequest = {
  name: 'pvc-1',
  zone: 'eu-central-1a',
  sizeGiB: 4,
  type: 'gp3',
  encrypted: true,
  kmsKeyId: undefined,
  iops: undefined,
  throughput: undefined,
  fsType: 'ext4',
  tags: { CSIVolumeName: 'pvc-1' },
};
const one = { instanceId: 'i-1', zone: 'eu-central-1a' };

let aws: FakeAws;
let ebs: Ebs;
beforeEach(() => {
  aws = createFakeAws();
  ebs = new Ebs(aws, { account: '123456789012', region: 'eu-central-1' });
});

test('a volume of a name is made once', async () => {
  const id = await ebs.create(request);
  expect(await ebs.create(request)).toBe(id);
  expect(aws.volumes.size).toBe(1);
});

describe('a volume', () => {
  let id: string;
  beforeEach(async () => {
    id = await ebs.create(request);
  });

  test('is attached once, and says its device again', async () => {
    const device = await ebs.attach(id, one);
    expect(device).toMatch(/^\/dev\/xvda[a-z]$/);
    expect(await ebs.attach(id, one)).toBe(device);
  });

  test('is refused to an instance of another zone, and to a second instance', async () => {
    const elsewhere = { instanceId: 'i-2', zone: 'eu-central-1b' };
    await expect(ebs.attach(id, elsewhere)).rejects.toMatchObject({ code: 'InvalidVolume.ZoneMismatch' });
    expect(aws.volumes.get(id)?.attachedTo).toBeUndefined();
    await ebs.attach(id, one);
    await expect(ebs.attach(id, { ...one, instanceId: 'i-3' })).rejects.toMatchObject({ code: 'VolumeInUse' });
  });

  test('is not deleted while it is attached; detached or gone, every way back is success', async () => {
    await ebs.attach(id, one);
    await expect(ebs.delete(id)).rejects.toMatchObject({ code: 'VolumeInUse' });
    await ebs.detach(id);
    await ebs.detach(id);
    await ebs.delete(id);
    await ebs.delete(id);
    await ebs.detach('vol-nothing');
    expect(aws.volumes.size).toBe(0);
  });
});
