import { lookUp, trustsService } from '../aws/iam.ts';
import { readPublicSubnets, readSubnets, type SubnetFacts } from '../aws/network.ts';
import { requireUsable } from '../clusters/cluster-status.ts';
import { type Eks, type Handler, isRepeat, now, originOf, pacedMs } from '../deps.ts';
import type { ClusterRecord, FargateProfileRecord } from '../model.ts';
import { eksArn, parsePrincipal } from '../shared/arns.ts';
import { invalidParameter, limitExceeded, raise, resourceInUse } from '../shared/errors.ts';
import { records, requiredText, text, textMap, texts } from '../shared/read.ts';
import { refuseTags } from '../tags/tag-rules.ts';
import { busyProfile, refuseFargateSubnets, refuseProfileName, refuseSelectors } from './fargate-rules.ts';
import { profileView } from './profile-view.ts';

const profilesPerCluster = 10;
const usualCreateSeconds = 90;
const trusted = 'eks-fargate-pods.amazonaws.com';

/** A profile is a record that takes its time: no pod of this sandbox runs on Fargate. */
export const createFargateProfile: Handler = async (eks, request) => {
  const { input } = request;
  const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
  const name = requiredText(input, 'fargateProfileName');
  const subject = { clusterName: cluster.name };
  const known = cluster.fargateProfiles.get(name);
  if (known !== undefined) {
    if (isRepeat(originOf(request), known.origin)) return { fargateProfile: profileView(cluster, known) };
    throw resourceInUse(`A Fargate Profile already exists with this name in this cluster.`, subject);
  }
  requireUsable(cluster);
  raise(busyProfile(cluster, 'create', name));
  if (cluster.fargateProfiles.size >= profilesPerCluster) {
    throw limitExceeded(`Cluster has reached the limit of ${profilesPerCluster} Fargate profiles`, subject);
  }
  const selectors = records(input, 'selectors').map((selector) => ({
    namespace: text(selector, 'namespace') ?? '',
    labels: textMap(selector, 'labels'),
  }));
  const tags = textMap(input, 'tags');
  refuseTags(tags);
  raise(refuseProfileName(subject, name) ?? refuseSelectors(subject, selectors));
  const roleArn = requiredText(input, 'podExecutionRoleArn');
  await requireExecutionRole(eks, cluster, roleArn);
  const subnets = await privateSubnets(eks, cluster, texts(input, 'subnets'));
  // Again, as the cluster may have begun to go while AWS was asked.
  requireUsable(cluster);
  raise(busyProfile(cluster, 'create', name));
  const profile: FargateProfileRecord = {
    name,
    arn: eksArn(cluster.place, `fargateprofile/${cluster.name}/${name}/${eks.uuid()}`),
    createdAt: now(eks),
    origin: originOf(request),
    podExecutionRoleArn: roleArn,
    subnets,
    selectors,
    status: 'CREATING',
    tags,
  };
  cluster.fargateProfiles.set(name, profile);
  eks.state.changed();
  const answer = profileView(cluster, profile);
  eks.activities.start(`create ${profile.arn}`, async (signal) => {
    await eks.context.clock.sleep(pacedMs(eks, usualCreateSeconds), signal);
    profile.status = 'ACTIVE';
    eks.state.changed();
  });
  return { fargateProfile: answer };
};

async function requireExecutionRole(eks: Eks, cluster: ClusterRecord, arn: string): Promise<void> {
  const subject = { clusterName: cluster.name };
  const principal = parsePrincipal(arn);
  if (principal?.kind !== 'role' || principal.account !== cluster.place.account) {
    throw invalidParameter(`The podExecutionRoleArn ${arn} is not a role of this account`, subject);
  }
  const role = await lookUp(eks, cluster.place.region, principal);
  if (role !== undefined && trustsService(role.trust, trusted)) return;
  throw invalidParameter(
    `Misconfigured PodExecutionRole Trust Policy; Please add the ${trusted} Service Principal to the Trust Policy`,
    subject,
  );
}

/** Those asked for, or else the cluster's own private ones. */
async function privateSubnets(
  eks: Eks,
  cluster: ClusterRecord,
  asked: readonly string[] | undefined,
): Promise<readonly string[]> {
  const wanted = asked === undefined || asked.length === 0 ? cluster.vpc.subnetIds : asked;
  const subnets = await readSubnets(eks, cluster.place, wanted);
  const open = await readPublicSubnets(eks, cluster.place, cluster.vpc.vpcId, subnets);
  if (wanted === asked) {
    raise(refuseFargateSubnets({ clusterName: cluster.name }, wanted, subnets, open));
    return wanted;
  }
  const isOpen = ({ id }: SubnetFacts) => open.some((subnet) => subnet.id === id);
  return subnets.filter((subnet) => !isOpen(subnet)).map(({ id }) => id);
}
