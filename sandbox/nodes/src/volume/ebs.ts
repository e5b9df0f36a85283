import { AwsError, type Backend, type Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf, textOf } from '../read.ts';
import type { VolumeRequest } from './claim-plan.ts';

/** EBS as the CSI driver calls it. Every call is safe to repeat. */
export class Ebs {
  readonly #backend: Backend;
  readonly #place: Place;

  constructor(backend: Backend, place: Place) {
    this.#backend = backend;
    this.#place = place;
  }

  /** The volume of that name, made when there is none. */
  async create(request: VolumeRequest): Promise<string> {
    const known = await this.#call('DescribeVolumes', {
      Filters: [{ Name: 'tag:CSIVolumeName', Values: [request.name] }],
    });
    const existing = textOf(at(itemsOf(at(known, 'Volumes'))[0], 'VolumeId'));
    if (existing !== undefined) return existing;
    const made = await this.#call('CreateVolume', {
      AvailabilityZone: request.zone,
      Size: request.sizeGiB,
      VolumeType: request.type,
      Encrypted: request.encrypted,
      ...(request.kmsKeyId === undefined ? {} : { KmsKeyId: request.kmsKeyId }),
      ...(request.iops === undefined ? {} : { Iops: request.iops }),
      ...(request.throughput === undefined ? {} : { Throughput: request.throughput }),
      TagSpecifications: [
        { ResourceType: 'volume', Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })) },
      ],
    });
    return textOf(made.VolumeId) ?? '';
  }

  /** Resolves to the device. A volume of another zone is refused, as EC2 does. */
  async attach(
    volumeId: string,
    { instanceId, zone }: { readonly instanceId: string; readonly zone: string },
  ): Promise<string> {
    const volume = itemsOf((await this.#call('DescribeVolumes', { VolumeIds: [volumeId] })).Volumes)[0];
    const attachments = itemsOf(at(volume, 'Attachments'));
    const here = attachments.find((attachment) => at(attachment, 'InstanceId') === instanceId);
    if (here !== undefined) return textOf(at(here, 'Device')) ?? '';
    if (at(volume, 'AvailabilityZone') !== zone) {
      const message = `The volume '${volumeId}' is not in the same availability zone as instance '${instanceId}'`;
      throw new AwsError('InvalidVolume.ZoneMismatch', message, 400);
    }
    if (attachments.length > 0) throw new AwsError('VolumeInUse', `${volumeId} is already attached to an instance`);
    const Device = await this.#freeDevice(instanceId);
    await this.#call('AttachVolume', { VolumeId: volumeId, InstanceId: instanceId, Device });
    return Device;
  }

  /** A volume that is not attached, or gone, is success. */
  async detach(VolumeId: string): Promise<void> {
    await ignoring(/IncorrectState|NotFound|NotAttached|InvalidAttachment/, async () => {
      const known = await this.#call('DescribeVolumes', { VolumeIds: [VolumeId] });
      for (const attachment of itemsOf(at(itemsOf(known.Volumes)[0], 'Attachments'))) {
        const InstanceId = at(attachment, 'InstanceId');
        await this.#call('DetachVolume', { VolumeId, InstanceId, Device: at(attachment, 'Device') });
      }
    });
  }

  /** A volume that is gone is success. */
  async delete(volumeId: string): Promise<void> {
    await ignoring(/NotFound/, () => this.#call('DeleteVolume', { VolumeId: volumeId }));
  }

  async resize(volumeId: string, sizeGiB: number): Promise<void> {
    await this.#call('ModifyVolume', { VolumeId: volumeId, Size: sizeGiB });
  }

  async #freeDevice(instanceId: string): Promise<string> {
    const known = await this.#call('DescribeVolumes', {
      Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }],
    });
    const taken = new Set(
      itemsOf(at(known, 'Volumes')).flatMap((volume) =>
        itemsOf(at(volume, 'Attachments')).map((one) => textOf(at(one, 'Device'))),
      ),
    );
    const names = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `/dev/xvda${letter}`);
    const free = names.find((name) => !taken.has(name));
    if (free === undefined)
      throw new AwsError('AttachmentLimitExceeded', `the instance ${instanceId} has no free device name`);
    return free;
  }

  #call(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#backend.call(this.#place, 'ec2', operation, input);
  }
}

async function ignoring(codes: RegExp, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AwsError && codes.test(error.code))) throw error;
  }
}
