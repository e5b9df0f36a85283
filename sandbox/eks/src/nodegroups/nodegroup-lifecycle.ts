import { messageOf } from '@roadstead/foundation';
import { kubeOf } from '../clusters/cluster-status.ts';
import { type Eks, now, pacedMs } from '../deps.ts';
import type { ClusterRecord, Issue, NodegroupRecord } from '../model.ts';
import { isAwsError } from '../shared/errors.ts';
import { drainNode } from './drain.ts';
import {
  makeGroup,
  makeInstanceProfile,
  makeNodeEntry,
  makeTemplate,
  removeGroup,
  removeGroupRest,
} from './group-resources.ts';
import type { SourceTemplate } from './launch-template.ts';
import { nodesOfGroup } from './node-objects.ts';
import { requireStart, StartRefused } from './start-rules.ts';
import { UserDataError } from './user-data.ts';
import { waitReady } from './wait-ready.ts';

const usualCreateSeconds = 90;
const usualDeleteSeconds = 60;
/** "A few minutes", says the user guide, then the instance ends whatever still runs on it. */
const drainLimitSeconds = 180;

/** CREATING to ACTIVE when every wanted node is Ready; else CREATE_FAILED with EKS's reason. */
export async function startNodegroup(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  source: SourceTemplate | undefined,
  signal: AbortSignal,
): Promise<void> {
  const paced = eks.context.clock.sleep(pacedMs(eks, usualCreateSeconds), signal);
  void paced.catch(() => undefined);
  try {
    await requireStart(eks, cluster, group, source);
    await makeInstanceProfile(eks, cluster, group);
    await makeNodeEntry(eks, cluster, group);
    await makeTemplate(eks, cluster, group, source);
    await makeGroup(eks, cluster, group);
    eks.state.changed();
    const outcome = await waitReady(eks, cluster, group, () => group.scaling.desiredSize, signal);
    if (group.status !== 'CREATING') return;
    await paced;
    if (outcome.ok) finish(eks, group, 'ACTIVE', []);
    else finish(eks, group, 'CREATE_FAILED', [joinIssue(group, outcome)]);
  } catch (error) {
    if (signal.aborted) throw error;
    if (group.status === 'CREATING') finish(eks, group, 'CREATE_FAILED', [issueOf(group, error)]);
    eks.context.log({ nodegroup: group.arn, error: messageOf(error) }, 'node group failed');
  }
}

/** Drains what can be drained in a few minutes, then removes all that EKS made for the group. */
export async function endNodegroup(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  signal: AbortSignal,
): Promise<void> {
  try {
    await drainAll(eks, cluster, group, signal);
    await eks.context.clock.sleep(pacedMs(eks, usualDeleteSeconds), signal);
    await removeGroup(eks, cluster, group);
    await forgetNodes(eks, cluster, group, signal);
    await removeGroupRest(eks, cluster, group);
    cluster.nodegroups.delete(group.name);
    eks.state.changed();
  } catch (error) {
    if (signal.aborted) throw error;
    finish(eks, group, 'DELETE_FAILED', [issueOf(group, error)]);
    eks.context.log({ nodegroup: group.arn, error: messageOf(error) }, 'node group could not be deleted');
  }
}

async function drainAll(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord, signal: AbortSignal): Promise<void> {
  if (cluster.kube === undefined) return;
  const nodes = await nodesOfGroup(cluster.kube, group.name, signal);
  const options = {
    clock: eks.context.clock,
    limitMs: pacedMs(eks, drainLimitSeconds),
    graceMs: 0,
    pollMs: 500,
    signal,
  };
  const kube = kubeOf(cluster);
  await Promise.all(nodes.map((node) => drainNode(kube, node.name, options)));
}

/** EKS's controller removes the Node objects of ended instances; here whoever comes first does. */
async function forgetNodes(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  signal: AbortSignal,
): Promise<void> {
  if (cluster.kube === undefined) return;
  await eks.context.clock.sleep(pacedMs(eks, 20), signal);
  for (const node of await nodesOfGroup(cluster.kube, group.name, signal)) {
    await cluster.kube.delete({ apiVersion: 'v1', kind: 'Node', name: node.name }, signal);
  }
}

export function finish(
  eks: Eks,
  group: NodegroupRecord,
  status: NodegroupRecord['status'],
  issues: readonly Issue[],
): void {
  group.status = status;
  group.issues = issues;
  group.modifiedAt = now(eks);
  eks.state.changed();
}

function joinIssue(
  group: NodegroupRecord,
  outcome: { readonly missing: readonly string[]; readonly launched: number },
): Issue {
  if (outcome.launched < group.scaling.desiredSize) {
    return {
      code: 'AsgInstanceLaunchFailures',
      message: `Could not launch ${group.scaling.desiredSize - outcome.launched} of ${group.scaling.desiredSize} instances`,
      resourceIds: [group.asgName],
    };
  }
  return {
    code: 'NodeCreationFailure',
    message: 'Instances failed to join the kubernetes cluster',
    resourceIds: outcome.missing,
  };
}

const issueCodes: readonly (readonly [RegExp, string])[] = [
  [/^InvalidAMIID/, 'AmiIdNotFound'],
  [/^InvalidSubnetID/, 'Ec2SubnetNotFound'],
  [/^Invalid(SecurityGroupID|Group)/, 'Ec2SecurityGroupNotFound'],
  [/^InvalidLaunchTemplate/, 'Ec2LaunchTemplateNotFound'],
  [/InstanceLimitExceeded|VcpuLimitExceeded/, 'InstanceLimitExceeded'],
  [/InsufficientInstanceCapacity/, 'AsgInstanceLaunchFailures'],
  [/^NoSuchEntity/, 'IamNodeRoleNotFound'],
  [/^LimitExceeded/, 'IamLimitExceeded'],
  [/^AccessDenied|^UnauthorizedOperation/, 'AccessDenied'],
  [/^DependencyViolation/, 'Ec2SecurityGroupDeletionFailure'],
];

export function issueOf(group: Pick<NodegroupRecord, 'asgName'>, error: unknown): Issue {
  const message = messageOf(error);
  if (error instanceof StartRefused) return error.issue;
  if (error instanceof UserDataError) {
    return { code: 'Ec2LaunchTemplateInvalidConfiguration', message, resourceIds: [] };
  }
  const code = isAwsError(error) ? issueCodes.find(([pattern]) => pattern.test(error.code))?.[1] : undefined;
  return { code: code ?? 'InternalFailure', message, resourceIds: [group.asgName] };
}
