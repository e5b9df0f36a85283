import type { Backend, Place } from '@roadstead/sandbox-gateway';
import { type InstanceType, readInstanceType } from '../node/instance-type.ts';
import { at, type Fields, itemsOf, numberOf, tagsOf, textOf } from '../read.ts';
import { roleMay } from './role-permissions.ts';
import { wayOutProblem } from './way-out.ts';

export interface Instance {
  readonly id: string;
  readonly state: string;
  readonly typeName: string;
  readonly imageId: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly securityGroupIds: readonly string[];
  readonly profileArn: string | undefined;
  readonly hasPublicAddress: boolean;
  readonly lifecycle: 'spot' | 'on-demand';
  readonly tags: Readonly<Record<string, string>>;
  readonly rootVolumeId: string | undefined;
}

export interface Image {
  readonly name: string | undefined;
  readonly architecture: 'amd64' | 'arm64' | undefined;
  readonly rootVolumeGiB: number | undefined;
}

/** What a launch template decides and the emulator may not have carried over to the instance. */
interface TemplateData {
  readonly profile: string | undefined;
  readonly rootVolumeGiB: number | undefined;
  readonly userData: string | undefined;
}

const aliveStates = ['pending', 'running', 'stopping', 'stopped'];

/** EC2 and IAM of one account and region, read for instances; what never changes is asked once. */
export class Ec2Reader {
  readonly #backend: Backend;
  readonly #place: Place;
  readonly #types = new Map<string, Promise<InstanceType | undefined>>();
  readonly #images = new Map<string, Promise<Image>>();
  readonly #templates = new Map<string, Promise<TemplateData>>();
  #zoneIds: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(backend: Backend, place: Place) {
    this.#backend = backend;
    this.#place = place;
  }

  /** All that are not terminated. */
  async instances(): Promise<readonly Instance[]> {
    const reservations = await this.#pages('DescribeInstances', 'Reservations', {
      Filters: [{ Name: 'instance-state-name', Values: aliveStates }],
    });
    return reservations
      .flatMap((reservation) => itemsOf(at(reservation, 'Instances')))
      .flatMap((raw) => instanceOf(raw) ?? []);
  }

  /** Base64 as EC2 keeps it. */
  async userData(instance: Instance): Promise<string | undefined> {
    const answer = await this.#ec2('DescribeInstanceAttribute', { InstanceId: instance.id, Attribute: 'userData' });
    return textOf(at(answer, 'UserData', 'Value')) ?? (await this.#template(instance)).userData;
  }

  type(name: string): Promise<InstanceType | undefined> {
    return remember(this.#types, name, async () => {
      const answer = await this.#ec2('DescribeInstanceTypes', { InstanceTypes: [name] });
      return readInstanceType(itemsOf(at(answer, 'InstanceTypes'))[0]);
    });
  }

  image(id: string): Promise<Image> {
    return remember(this.#images, id, async () => {
      const answer = await this.#ec2('DescribeImages', { ImageIds: [id] }).catch(() => ({}));
      const image = itemsOf(at(answer, 'Images'))[0];
      const architecture = textOf(at(image, 'Architecture'));
      return {
        name: textOf(at(image, 'Name')),
        architecture: architecture === 'x86_64' ? 'amd64' : architecture === 'arm64' ? 'arm64' : undefined,
        rootVolumeGiB: rootSize(at(image, 'BlockDeviceMappings')),
      };
    });
  }

  async zoneId(zone: string): Promise<string | undefined> {
    this.#zoneIds ??= this.#ec2('DescribeAvailabilityZones', {}).then(
      (answer) =>
        new Map(
          itemsOf(at(answer, 'AvailabilityZones')).map((one) => [
            String(at(one, 'ZoneName')),
            String(at(one, 'ZoneId')),
          ]),
        ),
      () => new Map<string, string>(),
    );
    return (await this.#zoneIds).get(zone);
  }

  /** Size of the root volume: by the launch template, else the volume itself, else the image, else 20. */
  async rootVolumeGiB(instance: Instance): Promise<number> {
    const told = (await this.#template(instance)).rootVolumeGiB;
    if (told !== undefined) return told;
    if (instance.rootVolumeId !== undefined) {
      const answer = await this.#ec2('DescribeVolumes', { VolumeIds: [instance.rootVolumeId] }).catch(() => ({}));
      const size = numberOf(at(itemsOf(at(answer, 'Volumes'))[0], 'Size'));
      if (size !== undefined) return size;
    }
    return (await this.image(instance.imageId)).rootVolumeGiB ?? 20;
  }

  /** ARN of the role in the instance's profile. */
  async roleArn(instance: Instance): Promise<string | undefined> {
    const profile = instance.profileArn ?? (await this.#template(instance)).profile;
    const name = profile?.split('/').at(-1);
    if (name === undefined) return undefined;
    const answer = await this.#backend
      .call(this.#place, 'iam', 'GetInstanceProfile', { InstanceProfileName: name })
      .catch(() => ({}));
    return textOf(at(itemsOf(at(answer, 'InstanceProfile', 'Roles'))[0], 'Arn'));
  }

  /** Whether the policies of a role allow actions on everything. */
  async roleMay(roleArn: string | undefined, actions: readonly string[]): Promise<boolean> {
    return roleArn !== undefined && roleMay(this.#backend, this.#place, { roleArn, actions });
  }

  /** Why the instance's subnet reaches nothing outside; `undefined` when it does. */
  async noWayOut(instance: Instance): Promise<string | undefined> {
    const filters = (name: string) => [{ Name: name, Values: [instance.vpcId] }];
    const [tables, gateways, endpoints] = await Promise.all([
      this.#pages('DescribeRouteTables', 'RouteTables', { Filters: filters('vpc-id') }),
      this.#pages('DescribeNatGateways', 'NatGateways', { Filter: filters('vpc-id') }),
      this.#pages('DescribeVpcEndpoints', 'VpcEndpoints', { Filters: filters('vpc-id') }),
    ]);
    return wayOutProblem({
      subnetId: instance.subnetId,
      vpcId: instance.vpcId,
      hasPublicAddress: instance.hasPublicAddress,
      routeTables: tables,
      natGateways: gateways,
      endpoints,
    });
  }

  async subnetCidr(subnetId: string): Promise<string | undefined> {
    const answer = await this.#ec2('DescribeSubnets', { SubnetIds: [subnetId] });
    return textOf(at(itemsOf(at(answer, 'Subnets'))[0], 'CidrBlock'));
  }

  #template(instance: Instance): Promise<TemplateData> {
    const id = instance.tags['aws:ec2launchtemplate:id'];
    const version = instance.tags['aws:ec2launchtemplate:version'];
    if (id === undefined || version === undefined) {
      return Promise.resolve({ profile: undefined, rootVolumeGiB: undefined, userData: undefined });
    }
    return remember(this.#templates, `${id}/${version}`, async () => {
      const answer = await this.#ec2('DescribeLaunchTemplateVersions', {
        LaunchTemplateId: id,
        Versions: [version],
      }).catch(() => ({}));
      const data = at(itemsOf(at(answer, 'LaunchTemplateVersions'))[0], 'LaunchTemplateData');
      return {
        profile: textOf(at(data, 'IamInstanceProfile', 'Arn')) ?? textOf(at(data, 'IamInstanceProfile', 'Name')),
        rootVolumeGiB: rootSize(at(data, 'BlockDeviceMappings')),
        userData: textOf(at(data, 'UserData')),
      };
    });
  }

  #ec2(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#backend.call(this.#place, 'ec2', operation, input);
  }

  async #pages(operation: string, member: string, input: Record<string, unknown>): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    let token: string | undefined;
    do {
      const answer: Fields = await this.#ec2(operation, token === undefined ? input : { ...input, NextToken: token });
      items.push(...itemsOf(answer[member]));
      token = textOf(answer.NextToken);
    } while (token !== undefined);
    return items;
  }
}

/** A failed question is asked again next time. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const asked = ask();
  cache.set(key, asked);
  asked.catch(() => cache.delete(key));
  return asked;
}

function rootSize(mappings: unknown): number | undefined {
  return itemsOf(mappings)
    .map((mapping) => numberOf(at(mapping, 'Ebs', 'VolumeSize')))
    .find((size) => size !== undefined);
}

function instanceOf(raw: unknown): Instance | undefined {
  const id = textOf(at(raw, 'InstanceId'));
  const zone = textOf(at(raw, 'Placement', 'AvailabilityZone'));
  const privateIp = textOf(at(raw, 'PrivateIpAddress'));
  if (id === undefined || zone === undefined || privateIp === undefined) return undefined;
  const region = zone.replace(/[a-z]$/, '');
  const suffix = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return {
    id,
    zone,
    privateIp,
    state: textOf(at(raw, 'State', 'Name')) ?? 'unknown',
    typeName: textOf(at(raw, 'InstanceType')) ?? '',
    imageId: textOf(at(raw, 'ImageId')) ?? '',
    privateDnsName: `ip-${privateIp.replaceAll('.', '-')}.${suffix}`,
    subnetId: textOf(at(raw, 'SubnetId')) ?? '',
    vpcId: textOf(at(raw, 'VpcId')) ?? '',
    securityGroupIds: securityGroupsOf(raw),
    profileArn: textOf(at(raw, 'IamInstanceProfile', 'Arn')),
    hasPublicAddress: textOf(at(raw, 'PublicIpAddress')) !== undefined,
    lifecycle: at(raw, 'InstanceLifecycle') === 'spot' ? 'spot' : 'on-demand',
    tags: tagsOf(at(raw, 'Tags')),
    rootVolumeId: textOf(at(itemsOf(at(raw, 'BlockDeviceMappings'))[0], 'Ebs', 'VolumeId')),
  };
}

function securityGroupsOf(raw: unknown): readonly string[] {
  const own = itemsOf(at(raw, 'SecurityGroups'));
  const ofInterfaces = itemsOf(at(raw, 'NetworkInterfaces')).flatMap((one) => itemsOf(at(one, 'Groups')));
  return [...new Set([...own, ...ofInterfaces].map((group) => String(at(group, 'GroupId'))))];
}
