import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { AwsError } from '@roadstead/sandbox-gateway';
import { lookUp, readRolePolicies, trustsService } from '../aws/iam.ts';
import { readSubnets, type SubnetFacts } from '../aws/network.ts';
import { requireUsable } from '../clusters/cluster-status.ts';
import { type Eks, type Handler, isRepeat, now, originOf } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { eksArn, parsePrincipal } from '../shared/arns.ts';
import {
  type ErrorSubject,
  invalidParameter,
  limitExceeded,
  notImplemented,
  raise,
  resourceInUse,
} from '../shared/errors.ts';
import { has, type Members, requiredText, text, textMap, texts, within } from '../shared/read.ts';
import { refuseTags } from '../tags/tag-rules.ts';
import { refuseWhileUpdating } from '../updates/update-record.ts';
import { type AmiRelease, amiKind, namedRelease, recommendedRelease } from './ami-types.ts';
import { readInstanceTypes } from './instance-types.ts';
import { readTaints, refuseLabels, refuseTaints } from './label-rules.ts';
import { readTemplate, type SourceTemplate } from './launch-template.ts';
import { startNodegroup } from './nodegroup-lifecycle.ts';
import {
  readScaling,
  refuseInstanceTypes,
  refuseNodegroupName,
  refuseNodeSubnets,
  refuseRepairConfig,
  refuseRolePolicies,
  refuseUpdateConfig,
} from './nodegroup-rules.ts';
import { nodegroupView } from './nodegroup-view.ts';
import { refuseTemplateMix, requestOf, type TemplateFacts } from './template-rules.ts';

const groupsPerCluster = 30;

export const createNodegroup: Handler = async (eks, request) => {
  const { input } = request;
  const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
  const name = requiredText(input, 'nodegroupName');
  const repeated = repeatOf(cluster, request, name);
  if (repeated !== undefined) return { nodegroup: nodegroupView(cluster, repeated) };
  requireFree(cluster);
  if (cluster.nodegroups.size >= groupsPerCluster) {
    throw limitExceeded(`Cluster has reached the limit of ${groupsPerCluster} node groups`, {
      clusterName: cluster.name,
    });
  }
  const spec = has(input, 'launchTemplate') ? within(input, 'launchTemplate') : undefined;
  const source = spec === undefined ? undefined : await readTemplate(eks, request, spec);
  const group = await newGroup(eks, cluster, request, source);
  // Again, as the cluster may have begun to go or to change while AWS was asked.
  requireFree(cluster);
  if (repeatOf(cluster, request, name) !== undefined) throw inUse(cluster, name);
  cluster.nodegroups.set(name, group);
  eks.state.changed();
  const answer = nodegroupView(cluster, group);
  eks.activities.start(`create ${group.arn}`, (signal) => startNodegroup(eks, cluster, group, source, signal));
  return { nodegroup: answer };
};

function requireFree(cluster: ClusterRecord): void {
  requireUsable(cluster);
  refuseWhileUpdating(cluster, {}, 'CreateNodegroup');
}

function repeatOf(cluster: ClusterRecord, request: AwsRequest, name: string): NodegroupRecord | undefined {
  const known = cluster.nodegroups.get(name);
  if (known === undefined || isRepeat(originOf(request), known.origin)) return known;
  throw inUse(cluster, name);
}

function inUse(cluster: ClusterRecord, name: string): AwsError {
  return resourceInUse(`NodeGroup already exists with name ${name} and cluster name ${cluster.name}`, {
    clusterName: cluster.name,
    nodegroupName: name,
  });
}

async function newGroup(
  eks: Eks,
  cluster: ClusterRecord,
  request: AwsRequest,
  source: SourceTemplate | undefined,
): Promise<NodegroupRecord> {
  const { input } = request;
  const template = templateFacts(source);
  const wanted = requestOf(input, template);
  const subject: ErrorSubject = { clusterName: cluster.name, nodegroupName: wanted.name };
  refuseUnplayed(input);
  const labels = textMap(input, 'labels');
  const taints = readTaints(input, 'taints');
  const updateConfig = has(input, 'updateConfig') ? within(input, 'updateConfig') : { maxUnavailable: 1 };
  const nodeRepairConfig = has(input, 'nodeRepairConfig') ? within(input, 'nodeRepairConfig') : undefined;
  const scaling = readScaling(subject, input);
  const tags = textMap(input, 'tags');
  refuseTags(tags);
  if (scaling instanceof AwsError) throw scaling;
  raise(
    refuseNodegroupName(subject, wanted.name) ??
      refuseTemplateMix(wanted, cluster.version) ??
      refuseLabels(subject, labels) ??
      refuseTaints(subject, taints) ??
      refuseUpdateConfig(subject, updateConfig) ??
      refuseRepairConfig(subject, nodeRepairConfig),
  );
  const nodeRoleArn = requiredText(input, 'nodeRole');
  await requireNodeRole(eks, cluster, nodeRoleArn, subject);
  const amiType = template?.imageId === undefined ? (wanted.amiType ?? 'AL2023_x86_64_STANDARD') : 'CUSTOM';
  const types = instanceTypesOf(wanted.instanceTypes, template);
  const subnets = await requirePlace(eks, cluster, input, subject, types, amiType);
  const ami = await chosenAmi(eks, cluster, amiType, wanted.releaseVersion, template);
  const uuid = eks.uuid();
  return {
    name: wanted.name,
    arn: eksArn(cluster.place, `nodegroup/${cluster.name}/${wanted.name}/${uuid}`),
    createdAt: now(eks),
    modifiedAt: now(eks),
    origin: originOf(request),
    nodeRoleArn,
    subnets,
    instanceTypes: types,
    instanceTypesGiven: template?.instanceType === undefined,
    amiType,
    capacityType: text(input, 'capacityType') ?? 'ON_DEMAND',
    diskSize: source === undefined ? (wanted.diskSize ?? 20) : undefined,
    remoteAccess: input.remoteAccess,
    uuid,
    asgName: `eks-${wanted.name}-${uuid}`,
    status: 'CREATING',
    version: cluster.version,
    releaseVersion: ami.releaseVersion,
    imageId: ami.imageId,
    scaling,
    source: source?.ref,
    own: undefined,
    instanceProfile: undefined,
    labels,
    taints,
    updateConfig,
    nodeRepairConfig,
    tags,
    issues: [],
  };
}

export function templateFacts(source: SourceTemplate | undefined): TemplateFacts | undefined {
  if (source === undefined) return undefined;
  const { data } = source;
  return { data, imageId: text(data, 'ImageId'), instanceType: text(data, 'InstanceType') };
}

function instanceTypesOf(given: readonly string[] | undefined, template: TemplateFacts | undefined): readonly string[] {
  if (template?.instanceType !== undefined) return [template.instanceType];
  return given === undefined || given.length === 0 ? ['t3.medium'] : given;
}

function refuseUnplayed(input: Members): void {
  if (has(input, 'remoteAccess')) throw notImplemented('remoteAccess of node groups');
  if (has(input, 'warmPoolConfig')) throw notImplemented('warm pools of node groups');
  if (text(input, 'capacityType') === 'CAPACITY_BLOCK') throw notImplemented('capacityType CAPACITY_BLOCK');
  const amiType = text(input, 'amiType');
  if (amiType !== undefined && amiType !== 'CUSTOM' && amiKind(amiType) === undefined) {
    throw notImplemented(`amiType ${amiType}`);
  }
}

async function requireNodeRole(eks: Eks, cluster: ClusterRecord, arn: string, subject: ErrorSubject): Promise<void> {
  const principal = parsePrincipal(arn);
  if (principal?.kind !== 'role' || principal.account !== cluster.place.account) {
    throw invalidParameter(`The nodeRole ${arn} is not a role of this account`, subject);
  }
  const role = await lookUp(eks, cluster.place.region, principal);
  if (role === undefined) {
    throw invalidParameter(`The role with name ${principal.name} cannot be found. (Error Code: NoSuchEntity)`, subject);
  }
  if (!trustsService(role.trust, 'ec2.amazonaws.com')) {
    throw invalidParameter(
      `Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole ${arn}`,
      subject,
    );
  }
  raise(refuseRolePolicies(subject, await readRolePolicies(eks, cluster.place, principal.name)));
}

async function requirePlace(
  eks: Eks,
  cluster: ClusterRecord,
  input: Members,
  subject: ErrorSubject,
  types: readonly string[],
  amiType: string,
): Promise<readonly string[]> {
  const wanted = texts(input, 'subnets') ?? [];
  const subnets = await readSubnets(eks, cluster.place, wanted);
  raise(refuseNodeSubnets(subject, wanted, subnets, cluster.vpc));
  await requireInstanceTypes(eks, cluster, { subject, types, amiType, subnets });
  return wanted;
}

/** Instance types that a group can start in its subnets from its kind of image. */
export async function requireInstanceTypes(
  eks: Eks,
  cluster: ClusterRecord,
  wanted: {
    readonly subject: ErrorSubject;
    readonly types: readonly string[];
    readonly amiType: string;
    readonly subnets: readonly SubnetFacts[];
  },
): Promise<void> {
  const { subject, types, amiType, subnets } = wanted;
  const known = await readInstanceTypes(eks, cluster.place, types);
  const zones = [...new Set(subnets.map((subnet) => subnet.zone))];
  raise(refuseInstanceTypes(subject, types, known, amiKind(amiType), amiType, zones));
}

/** The image: the template's own, the release asked for, or the recommended one. */
export async function chosenAmi(
  eks: Eks,
  cluster: ClusterRecord,
  amiType: string,
  releaseVersion: string | undefined,
  template: TemplateFacts | undefined,
  version: string = cluster.version,
): Promise<AmiRelease> {
  if (template?.imageId !== undefined) return { imageId: template.imageId, releaseVersion: template.imageId };
  const kind = amiKind(amiType);
  if (kind === undefined) throw notImplemented(`amiType ${amiType}`);
  if (releaseVersion === undefined) return recommendedRelease(eks, cluster.place, version, kind);
  return namedRelease(eks, cluster.place, version, kind, releaseVersion);
}
