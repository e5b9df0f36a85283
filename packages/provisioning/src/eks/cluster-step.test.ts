import type { Change } from '@roadstead/definition';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRelease } from '../testing/example-release.ts';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { fakeContext } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { applyCluster, applyVersion, deleteCluster, unprotectCluster } from './cluster-step.ts';

let clock: ReturnType<typeof steppingClock>;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
});

const change = (more: Partial<Change> = {}): Change => ({
  id: 'eks/cluster',
  phase: 'control-plane',
  action: 'update',
  class: 'safe',
  what: 'cluster shop',
  why: '',
  fields: [],
  ...more,
});

const release = (cluster: object = {}) => {
  const whole = exampleRelease();
  const stated = { name: 'shop', version: '1.36', roleArn: 'arn:role', resourcesVpcConfig: {}, ...cluster };
  return { ...whole, eks: { ...whole.eks, cluster: stated } };
};

/** A cluster of ours that is there, and what becomes of its status after some seconds. */
function given(fields: object, becomes?: { readonly status: string; readonly afterSeconds: number }) {
  const thing = {
    ...release().eks.cluster,
    arn: 'arn:c',
    status: 'ACTIVE',
    tags: { 'roadstead.dev/cluster': 'shop' },
    accessConfig: { authenticationMode: 'API' },
    ...fields,
  };
  aws.eks.clusters.set('shop', thing);
  if (becomes === undefined) return;
  const read = aws.reader.read.bind(aws.reader);
  (aws.reader as { read: unknown }).read = (...args: Parameters<typeof read>) => {
    if (clock.monotonic() >= becomes.afterSeconds * 1000) thing.status = becomes.status;
    return read(...args);
  };
}

describe('switching deletion protection off', () => {
  it('is one update, and none when it is off', async () => {
    given({ deletionProtection: true });
    expect(await unprotectCluster(fakeContext(aws, clock), change())).toMatchObject({ outcome: 'changed' });
    expect(await unprotectCluster(fakeContext(aws, clock), change())).toMatchObject({ outcome: 'unchanged' });
    expect(aws.taken).toEqual(['eks:UpdateClusterConfig shop']);
  });

  it.each(['FAILED', 'DELETING'])('is not needed where it holds no more: %s', async (status) => {
    given({ deletionProtection: true, status });
    expect(await unprotectCluster(fakeContext(aws, clock), change())).toMatchObject({ outcome: 'unchanged' });
    expect(aws.taken).toEqual([]);
  });

  it('waits for a control plane that is still being made, which takes minutes', async () => {
    given({ deletionProtection: true, status: 'CREATING' }, { status: 'ACTIVE', afterSeconds: 780 });
    await unprotectCluster(fakeContext(aws, clock), change());
    expect(aws.taken).toEqual(['eks:UpdateClusterConfig shop']);
  });
});

describe('deleting the control plane', () => {
  it('of a failed creation needs no protection to be switched off', async () => {
    given({ deletionProtection: true, status: 'FAILED' });
    await deleteCluster(fakeContext(aws, clock), change({ action: 'delete' }));
    expect(aws.taken).toEqual(['eks:DeleteCluster shop']);
    expect(aws.eks.clusters.size).toBe(0);
  });

  it('of somebody else is refused', async () => {
    given({ tags: {} });
    await expect(deleteCluster(fakeContext(aws, clock), change())).rejects.toMatchObject({ code: 'PLAN_MOVED' });
  });
});

describe('the Kubernetes version', () => {
  it('goes up by one update', async () => {
    given({ version: '1.35' });
    await applyVersion(fakeContext(aws, clock), change(), release());
    expect(aws.eks.clusters.get('shop')?.version).toBe('1.36');
  });

  it('is not waited for on a control plane that has failed', async () => {
    given({
      version: '1.35',
      status: 'FAILED',
      health: { issues: [{ code: 'KmsKeyDisabled', message: 'the key is off' }] },
    });
    await expect(applyVersion(fakeContext(aws, clock), change(), release())).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: 'cluster shop is FAILED: KmsKeyDisabled: the key is off',
    });
    expect(clock.monotonic()).toBe(0);
  });
});

describe('the control plane', () => {
  it('that failed before is deleted and made again', async () => {
    given({ status: 'FAILED', deletionProtection: true });
    await applyCluster(fakeContext(aws, clock), change({ action: 'create' }), release());
    expect(aws.taken).toEqual(['eks:DeleteCluster shop', 'eks:CreateCluster shop']);
    expect(aws.eks.clusters.get('shop')?.status).toBe('ACTIVE');
  });

  it('that fails while it is made is told with its issues', async () => {
    const issues = [{ code: 'InsufficientFreeAddresses', message: 'no addresses', resourceIds: ['subnet-1'] }];
    given({ status: 'CREATING', health: { issues } }, { status: 'FAILED', afterSeconds: 60 });
    await expect(applyCluster(fakeContext(aws, clock), change({ action: 'create' }), release())).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: expect.stringContaining('InsufficientFreeAddresses: no addresses (subnet-1)'),
    });
    expect(aws.taken).toEqual([]);
  });

  it('is changed one kind at a time, as EKS takes them', async () => {
    given({ deletionProtection: false, upgradePolicy: { supportType: 'STANDARD' } });
    const wanted = release({ deletionProtection: true, upgradePolicy: { supportType: 'EXTENDED' } });
    await applyCluster(fakeContext(aws, clock), change(), wanted);
    expect(aws.taken).toEqual(['eks:UpdateClusterConfig shop', 'eks:UpdateClusterConfig shop']);
    expect(aws.eks.clusters.get('shop')).toMatchObject({
      deletionProtection: true,
      upgradePolicy: { supportType: 'EXTENDED' },
    });
  });

  it('is encrypted in the time that takes, which is longer than other updates', async () => {
    given({});
    const key = [{ resources: ['secrets'], provider: { keyArn: 'arn:key' } }];
    let started = Number.POSITIVE_INFINITY;
    const read = aws.reader.read.bind(aws.reader);
    (aws.reader as { read: unknown }).read = async (...args: Parameters<typeof read>) => {
      const [, operation] = args as unknown as [string, string];
      if (operation !== 'DescribeUpdate') return read(...args);
      const done = clock.monotonic() - started > 45 * 60_000;
      if (done) Object.assign(aws.eks.clusters.get('shop') ?? {}, { encryptionConfig: key });
      return { update: { type: 'AssociateEncryptionConfig', status: done ? 'Successful' : 'InProgress' } };
    };
    (aws.writer as { write: unknown }).write = async () => {
      started = clock.monotonic();
      return { update: { id: 'u-1' } };
    };
    const planned = change({ class: 'one-way', fields: [{ path: 'encryptionConfig' }] });
    expect(await applyCluster(fakeContext(aws, clock), planned, release({ encryptionConfig: key }))).toMatchObject({
      outcome: 'changed',
    });
  });
});
