import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, LaunchTemplateRef, NodegroupRecord } from '../model.ts';
import { invalidParameter, isAwsError } from '../shared/errors.ts';
import { has, type Members, records, requiredText, text, texts, within } from '../shared/read.ts';
import { maxPodsOf, readInstanceTypes } from './instance-types.ts';
import { mergedUserData } from './user-data.ts';

export interface SourceTemplate {
  readonly ref: LaunchTemplateRef;
  readonly data: Members;
}

/** The template and version that a request names: by id or name, the default version when none is given. */
export async function readTemplate(eks: Eks, place: Place, spec: Members): Promise<SourceTemplate> {
  const id = text(spec, 'id');
  const name = text(spec, 'name');
  if ((id === undefined) === (name === undefined)) {
    throw invalidParameter('Either the launch template id or its name must be specified, and not both.');
  }
  const version = text(spec, 'version') ?? '$Default';
  const which = id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id };
  try {
    const found = await eks.context.backend.call(place, 'ec2', 'DescribeLaunchTemplateVersions', {
      ...which,
      Versions: [version],
    });
    const row = records(found, 'LaunchTemplateVersions')[0];
    if (row === undefined) throw invalidParameter(`Launch template version ${version} does not exist.`);
    return {
      ref: {
        id: requiredText(row, 'LaunchTemplateId'),
        name: requiredText(row, 'LaunchTemplateName'),
        version: String(row.VersionNumber),
      },
      data: within(row, 'LaunchTemplateData'),
    };
  } catch (error) {
    if (isAwsError(error) && error.code.startsWith('InvalidLaunchTemplate')) {
      throw invalidParameter(`Launch template ${id ?? name ?? ''} or its version ${version} does not exist.`);
    }
    throw error;
  }
}

/** The template that a group was made from, at the version it uses. */
export async function sourceOf(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
): Promise<SourceTemplate | undefined> {
  if (group.source === undefined) return undefined;
  return readTemplate(eks, cluster.place, { id: group.source.id, version: group.source.version });
}

/** The data of EKS's own copy of the template: the user's, with what EKS adds for this group. */
export async function ownTemplateData(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  source: SourceTemplate | undefined,
): Promise<Record<string, unknown>> {
  const data = source?.data ?? {};
  const custom = group.amiType === 'CUSTOM';
  const interfaces = records(data, 'NetworkInterfaces');
  const groupsNamed =
    (texts(data, 'SecurityGroupIds')?.length ?? 0) > 0 || interfaces.some((one) => has(one, 'Groups'));
  const userData = custom ? text(data, 'UserData') : await userDataOf(eks, cluster, group, text(data, 'UserData'));
  return {
    ...(has(data, 'BlockDeviceMappings') ? {} : { BlockDeviceMappings: [rootDisk(group.diskSize ?? 20)] }),
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
    ...data,
    ImageId: group.imageId,
    InstanceType: group.instanceTypes[0],
    IamInstanceProfile: { Name: group.instanceProfile },
    ...(groupsNamed ? {} : { SecurityGroupIds: [cluster.vpc.clusterSecurityGroupId] }),
    ...(userData === undefined ? {} : { UserData: userData }),
    TagSpecifications: tagSpecifications(data, {
      'eks:cluster-name': cluster.name,
      'eks:nodegroup-name': group.name,
    }),
  };
}

async function userDataOf(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  userBase64: string | undefined,
): Promise<string> {
  const plane = cluster.controlPlane;
  if (plane === undefined) throw new Error('the control plane does not answer');
  const facts = {
    clusterName: cluster.name,
    endpoint: plane.endpoint,
    caPem: plane.caPem,
    serviceCidr: cluster.serviceCidr,
    maxPods: maxPodsOf(await readInstanceTypes(eks, cluster.place, group.instanceTypes)),
    labels: nodeLabels(group),
    taints: group.taints,
  };
  return mergedUserData(facts, userBase64);
}

/** The labels that a node of the group registers with. */
export function nodeLabels(
  group: Pick<NodegroupRecord, 'name' | 'imageId' | 'capacityType' | 'labels' | 'source'>,
): Record<string, string> {
  return {
    ...group.labels,
    'eks.amazonaws.com/nodegroup': group.name,
    'eks.amazonaws.com/nodegroup-image': group.imageId,
    'eks.amazonaws.com/capacityType': group.capacityType,
    ...(group.source === undefined
      ? {}
      : {
          'eks.amazonaws.com/sourceLaunchTemplateId': group.source.id,
          'eks.amazonaws.com/sourceLaunchTemplateVersion': group.source.version,
        }),
  };
}

function rootDisk(gib: number): object {
  return {
    DeviceName: '/dev/xvda',
    Ebs: { VolumeSize: gib, VolumeType: 'gp3', DeleteOnTermination: true },
  };
}

function tagSpecifications(data: Members, own: Readonly<Record<string, string>>): readonly object[] {
  const given = records(data, 'TagSpecifications');
  const types = new Set(['instance', 'volume', ...given.map((spec) => text(spec, 'ResourceType') ?? '')]);
  return [...types].map((type) => {
    const tags = given
      .filter((spec) => text(spec, 'ResourceType') === type)
      .flatMap((spec) => records(spec, 'Tags'))
      .map((tag): [string, string] => [text(tag, 'Key') ?? '', text(tag, 'Value') ?? '']);
    const merged = { ...Object.fromEntries(tags), ...own };
    return { ResourceType: type, Tags: Object.entries(merged).map(([Key, Value]) => ({ Key, Value })) };
  });
}
