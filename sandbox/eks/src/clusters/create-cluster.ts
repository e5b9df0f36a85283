import { join } from 'node:path';
import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { bootstrapCreatorAdmin } from '../access/creator-admin.ts';
import { roleTrusting } from '../aws/iam.ts';
import { readSecurityGroups, readSubnets, readVpcBlocks } from '../aws/network.ts';
import { type Eks, type Handler, isRepeat, now, originOf } from '../deps.ts';
import type { AuthenticationMode, ClusterRecord } from '../model.ts';
import { eksArn } from '../shared/arns.ts';
import { invalidParameter, isAwsError, limitExceeded, notImplemented, raise, resourceInUse } from '../shared/errors.ts';
import { flag, has, type Members, records, requiredText, text, textMap, texts, within } from '../shared/read.ts';
import { refuseTags } from '../tags/tag-rules.ts';
import { startCluster } from './cluster-lifecycle.ts';
import { clusterView } from './cluster-view.ts';
import { logsAfter } from './logging.ts';
import { offeredVersions, refuseSupportType, versionStatus } from './versions.ts';
import { defaultServiceCidr, refuseEndpoint, refuseServiceCidr, refuseSubnets } from './vpc-rules.ts';

const clustersPerRegion = 100;
const unplayed = [
  'outpostConfig',
  'remoteNetworkConfig',
  'kubeApiServerConfig',
  'kubeSchedulerConfig',
  'kubeControllerManagerConfig',
];

/** What EKS has and the sandbox does not play: refused, so that nobody believes it happened. */
export function refuseUnplayed(input: Members): void {
  const named = unplayed.find((member) => has(input, member));
  if (named !== undefined) throw notImplemented(named);
  if (flag(within(input, 'computeConfig'), 'enabled') === true) throw notImplemented('EKS Auto Mode (computeConfig)');
  if (flag(within(within(input, 'storageConfig'), 'blockStorage'), 'enabled') === true) {
    throw notImplemented('EKS Auto Mode (storageConfig)');
  }
  const network = within(input, 'kubernetesNetworkConfig');
  if (text(network, 'ipFamily') === 'ipv6') throw notImplemented('ipFamily ipv6');
  const balancing = within(network, 'elasticLoadBalancing');
  if (flag(balancing, 'enabled') === true) throw notImplemented('EKS Auto Mode (elasticLoadBalancing)');
  if (has(balancing, 'gatewayApi')) throw notImplemented('EKS Auto Mode (gatewayApi)');
  const tier = text(within(input, 'controlPlaneScalingConfig'), 'tier') ?? 'standard';
  if (tier !== 'standard') throw notImplemented(`control plane tier ${tier}`);
  const egress = text(within(input, 'resourcesVpcConfig'), 'controlPlaneEgressMode') ?? 'AWS_MANAGED';
  if (egress !== 'AWS_MANAGED') throw notImplemented(`controlPlaneEgressMode ${egress}`);
}

export const createCluster: Handler = async (eks, request) => {
  const { input } = request;
  const name = requiredText(input, 'name');
  const known = eks.state.find(request, name);
  if (known !== undefined) {
    if (isRepeat(originOf(request), known.origin)) return { cluster: clusterView(known) };
    throw resourceInUse(`Cluster already exists with name: ${name}`, { clusterName: name });
  }
  const record = await newRecord(eks, request, name);
  if (eks.state.find(request, name) !== undefined) {
    throw resourceInUse(`Cluster already exists with name: ${name}`, { clusterName: name });
  }
  eks.state.add(record);
  await bootstrapCreatorAdmin(eks, record, request.caller);
  const answer = clusterView(record);
  const selfManagedAddons = flag(input, 'bootstrapSelfManagedAddons') ?? true;
  eks.activities.start(`create ${record.arn}`, (signal) => startCluster(eks, record, signal, selfManagedAddons));
  return { cluster: answer };
};

async function newRecord(eks: Eks, request: AwsRequest, name: string): Promise<ClusterRecord> {
  const { input } = request;
  refuseName(name);
  refuseUnplayed(input);
  const tags = textMap(input, 'tags');
  refuseTags(tags);
  if (eks.state.clusters(request).length >= clustersPerRegion) {
    throw limitExceeded(`Account has reached the limit of ${clustersPerRegion} clusters`, { clusterName: name });
  }
  const version = chosenVersion(eks, text(input, 'version'), name);
  const access = accessOf(within(input, 'accessConfig'), name);
  const supportType = text(within(input, 'upgradePolicy'), 'supportType') === 'STANDARD' ? 'STANDARD' : 'EXTENDED';
  raise(refuseSupportType(name, version, supportType, eks.context.clock.now()));
  const vpc = await placedVpc(eks, request, name);
  const blocks = await readVpcBlocks(eks, request, vpc.vpcId);
  const givenCidr = text(within(input, 'kubernetesNetworkConfig'), 'serviceIpv4Cidr');
  raise(givenCidr === undefined ? undefined : refuseServiceCidr(name, givenCidr, blocks));
  const roleArn = requiredText(input, 'roleArn');
  await requireClusterRole(eks, request, roleArn, name);
  await requireKeys(eks, request, name);
  const id = eks.randomHex(16).toUpperCase();
  const { account, region } = request;
  return {
    place: { account, region },
    name,
    arn: eksArn(request, `cluster/${name}`),
    id,
    createdAt: now(eks),
    creatorArn: request.caller.arn,
    origin: originOf(request),
    roleArn,
    serviceCidr: givenCidr ?? defaultServiceCidr(blocks),
    issuer: `${eks.webhooks.url}/id/${id}`,
    encryptionConfig: Array.isArray(input.encryptionConfig) ? input.encryptionConfig : [],
    bootstrapCreatorAdmin: access.creatorAdmin,
    directory: join(eks.context.directory, 'clusters', `${account}-${region}-${name}-${id.slice(0, 8).toLowerCase()}`),
    status: 'CREATING',
    version,
    vpc,
    networkInterfaceIds: [],
    enabledLogs: logsAfter(new Set(), within(input, 'logging')),
    authenticationMode: access.mode,
    supportType,
    deletionProtection: flag(input, 'deletionProtection') ?? false,
    zonalShift: flag(within(input, 'zonalShiftConfig'), 'enabled') ?? false,
    tags,
    issues: [],
    nodegroups: new Map(),
    addons: new Map(),
    accessEntries: new Map(),
    associations: new Map(),
    fargateProfiles: new Map(),
    updates: [],
    answers: new Map(),
  };
}

function refuseName(name: string): void {
  if (/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(name)) return;
  throw invalidParameter(
    "The name can contain only alphanumeric characters (case-sensitive), hyphens, and underscores. It must start with an alphanumeric character and can't be longer than 100 characters.",
    { clusterName: name },
  );
}

function chosenVersion(eks: Eks, given: string | undefined, name: string): string {
  const nowMs = eks.context.clock.now();
  const offered = offeredVersions(eks.controlPlanes.minors, nowMs);
  if (given !== undefined && offered.some((version) => version.minor === given)) return given;
  const newest = offered.filter((version) => versionStatus(version, nowMs) === 'STANDARD_SUPPORT').at(-1);
  if (given === undefined && newest !== undefined) return newest.minor;
  throw invalidParameter('unsupported Kubernetes version', { clusterName: name });
}

function accessOf(
  config: Members,
  name: string,
): { readonly mode: AuthenticationMode; readonly creatorAdmin: boolean } {
  const mode = (text(config, 'authenticationMode') ?? 'CONFIG_MAP') as AuthenticationMode;
  const creatorAdmin = flag(config, 'bootstrapClusterCreatorAdminPermissions') ?? true;
  if (mode === 'CONFIG_MAP' && !creatorAdmin) {
    throw invalidParameter(
      'bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP',
      { clusterName: name },
    );
  }
  return { mode, creatorAdmin };
}

async function placedVpc(eks: Eks, request: AwsRequest, name: string): Promise<ClusterRecord['vpc']> {
  const config = within(request.input, 'resourcesVpcConfig');
  const subnetIds = texts(config, 'subnetIds') ?? [];
  const securityGroupIds = texts(config, 'securityGroupIds') ?? [];
  const endpoint = {
    endpointPublicAccess: flag(config, 'endpointPublicAccess') ?? true,
    endpointPrivateAccess: flag(config, 'endpointPrivateAccess') ?? false,
    publicAccessCidrs: publicCidrs(config),
  };
  raise(refuseEndpoint(name, endpoint));
  const [subnets, groups] = await Promise.all([
    readSubnets(eks, request, subnetIds),
    readSecurityGroups(eks, request, securityGroupIds),
  ]);
  raise(refuseSubnets({ name, subnetIds, securityGroupIds }, subnets, groups));
  return { subnetIds, securityGroupIds, vpcId: subnets[0]?.vpcId ?? '', clusterSecurityGroupId: '', ...endpoint };
}

/** The default of an empty or missing list is the whole world. */
export function publicCidrs(config: Members): readonly string[] {
  const given = texts(config, 'publicAccessCidrs') ?? [];
  return given.length === 0 ? ['0.0.0.0/0'] : given;
}

async function requireClusterRole(eks: Eks, request: AwsRequest, roleArn: string, name: string): Promise<void> {
  if (!roleArn.startsWith(`arn:aws:iam::${request.account}:role/`)) {
    throw invalidParameter(`The role ${roleArn} is not a role of account ${request.account}`, { clusterName: name });
  }
  if ((await roleTrusting(eks, request.region, roleArn, 'eks.amazonaws.com')) !== undefined) return;
  throw invalidParameter(
    `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
    { clusterName: name },
  );
}

/** Keys of envelope encryption must be there and usable; only Secrets can be encrypted with them. */
async function requireKeys(eks: Eks, request: AwsRequest, name: string): Promise<void> {
  const subject = { clusterName: name };
  for (const config of records(request.input, 'encryptionConfig')) {
    if (texts(config, 'resources')?.join() !== 'secrets') {
      throw invalidParameter("encryptionConfig.resources must be ['secrets']", subject);
    }
    const keyArn = text(within(config, 'provider'), 'keyArn') ?? '';
    try {
      const found = await eks.context.backend.call(request, 'kms', 'DescribeKey', { KeyId: keyArn });
      if (canEncrypt(within(found, 'KeyMetadata'))) continue;
    } catch (error) {
      if (!isAwsError(error)) throw error;
    }
    throw invalidParameter(`The keyArn in encryptionConfig provider ${keyArn} is invalid`, subject);
  }
}

/** EKS encrypts with symmetric keys only. */
function canEncrypt(key: Members): boolean {
  const isSymmetric = (text(key, 'KeySpec') ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT';
  return (
    flag(key, 'Enabled') === true && isSymmetric && (text(key, 'KeyUsage') ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT'
  );
}
