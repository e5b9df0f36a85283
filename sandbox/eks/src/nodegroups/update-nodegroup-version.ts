import { readGroup } from '../aws/instances.ts';
import { readSubnets } from '../aws/network.ts';
import { minorNumber } from '../clusters/versions.ts';
import { answerOnce, type Eks, type Handler, now } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { type ErrorSubject, invalidParameter, invalidRequest, raise } from '../shared/errors.ts';
import { flag, has, type Members, requiredText, text, within } from '../shared/read.ts';
import { closeUpdate, openUpdate, updateView } from '../updates/update-record.ts';
import { chosenAmi, requireInstanceTypes, templateFacts } from './create-nodegroup.ts';
import { groupAtRest, subjectOf } from './group-at-rest.ts';
import { dropTemplate, makeTemplate, resizeGroup } from './group-resources.ts';
import { readTemplate, type SourceTemplate, sourceOf } from './launch-template.ts';
import { readDesired } from './read-desired.ts';
import { rollNodes } from './roll.ts';
import { refuseBesideTemplate, type TemplateFacts, versionBesideCustom } from './template-rules.ts';

export const updateNodegroupVersion: Handler = async (eks, request) => {
  const { input } = request;
  const named = eks.state.cluster(request, requiredText(input, 'clusterName'));
  return answerOnce(named, request, async () => {
    const { cluster, group } = groupAtRest(eks, request);
    await readDesired(eks, cluster, group);
    const target = await readVersionTarget(eks, cluster, group, input);
    groupAtRest(eks, request);
    const update = openUpdate(eks, cluster, { nodegroupName: group.name }, 'VersionUpdate', [
      ['Version', target.version],
      ['ReleaseVersion', target.releaseVersion],
      ['LaunchTemplateName', target.source?.ref.name],
      ['LaunchTemplateVersion', target.source?.ref.version],
    ]);
    const answer = updateView(update);
    group.status = 'UPDATING';
    eks.activities.start(`VersionUpdate ${group.arn}`, async (signal) => {
      await closeUpdate(eks, update, () =>
        moveGroup(eks, cluster, group, target, flag(input, 'force') ?? false, signal),
      );
      if (group.status === 'UPDATING') group.status = 'ACTIVE';
      group.modifiedAt = now(eks);
      eks.state.changed();
    });
    return { update: answer };
  });
};

interface VersionTarget {
  readonly version: string;
  readonly releaseVersion: string;
  readonly imageId: string;
  readonly instanceTypes: readonly string[];
  readonly source: SourceTemplate | undefined;
}

async function readVersionTarget(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  input: Members,
): Promise<VersionTarget> {
  const subject = subjectOf(cluster, group);
  const spec = has(input, 'launchTemplate') ? within(input, 'launchTemplate') : undefined;
  const source = await targetSource(eks, cluster, group, spec);
  const template = templateFacts(source);
  const givenVersion = text(input, 'version');
  const givenRelease = text(input, 'releaseVersion');
  if (group.amiType === 'CUSTOM' && (givenVersion !== undefined || givenRelease !== undefined)) {
    throw invalidParameter(versionBesideCustom, subject);
  }
  if ((template?.imageId !== undefined) !== (group.amiType === 'CUSTOM')) {
    throw invalidRequest('You cannot change between a custom AMI and an EKS optimized AMI.', subject);
  }
  const version = targetVersion(cluster, group, givenVersion, subject);
  const instanceTypes = await targetTypes(eks, cluster, group, spec === undefined ? undefined : template);
  // Without a release EKS takes the latest, though only the template was to change.
  const ami = await chosenAmi(eks, cluster, group.amiType, givenRelease, template, version);
  refuseOlderRelease(group, version, ami.releaseVersion, subject);
  const same =
    ami.imageId === group.imageId && version === group.version && source?.ref.version === group.source?.version;
  if (same) throw invalidParameter(`Nodegroup ${group.name} is already at the requested version`, subject);
  return { version, ...ami, instanceTypes, source };
}

async function targetSource(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  spec: Members | undefined,
): Promise<SourceTemplate | undefined> {
  if (spec === undefined) return sourceOf(eks, cluster, group);
  if (group.source === undefined) {
    throw invalidRequest(
      'You cannot specify a launch template for a node group that was created without one.',
      subjectOf(cluster, group),
    );
  }
  const source = await readTemplate(eks, cluster.place, spec);
  if (source.ref.id === group.source.id) return source;
  throw invalidParameter(
    'The launch template must be the one that the node group was created with.',
    subjectOf(cluster, group),
  );
}

/** The instance types after a change of template: what named them at creation, request or template, goes on to. */
async function targetTypes(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  template: TemplateFacts | undefined,
): Promise<readonly string[]> {
  if (template === undefined) return group.instanceTypes;
  const subject = subjectOf(cluster, group);
  const given = group.instanceTypesGiven ? group.instanceTypes : undefined;
  const beside = { diskSize: undefined, remoteAccess: false, instanceTypes: given };
  raise(refuseBesideTemplate(beside, template, (message) => invalidParameter(message, subject)));
  if (given !== undefined) return given;
  if (template.instanceType === undefined) {
    throw invalidParameter('Launch template must specify the instance type, as the node group does not.', subject);
  }
  const types = [template.instanceType];
  const subnets = await readSubnets(eks, cluster.place, group.subnets);
  await requireInstanceTypes(eks, cluster, { subject, types, amiType: group.amiType, subnets });
  return types;
}

/** A group goes to its cluster's version, stays at its own, or follows a cluster's rollback. */
function targetVersion(
  cluster: ClusterRecord,
  group: NodegroupRecord,
  given: string | undefined,
  subject: ErrorSubject,
): string {
  const version = given ?? group.version;
  if (version === cluster.version || version === group.version) return version;
  if (version === cluster.lastUpgrade?.from) return version;
  throw invalidParameter(
    `Requested Nodegroup version ${version} must be the cluster's version ${cluster.version} or the group's own ${group.version}`,
    subject,
  );
}

function refuseOlderRelease(group: NodegroupRecord, version: string, release: string, subject: ErrorSubject): void {
  if (group.amiType === 'CUSTOM' || minorNumber(version) !== minorNumber(group.version)) return;
  const day = (text: string) => text.slice(text.lastIndexOf('-') + 1);
  if (day(release) >= day(group.releaseVersion)) return;
  throw invalidParameter(
    `Requested release version ${release} is older than the node group's ${group.releaseVersion}: a node group cannot be rolled back to an earlier AMI version`,
    subject,
  );
}

async function moveGroup(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  target: VersionTarget,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const before = {
    imageId: group.imageId,
    releaseVersion: group.releaseVersion,
    source: group.source,
    version: group.version,
    instanceTypes: group.instanceTypes,
  };
  const beforeOwn = group.own;
  const old = (await readGroup(eks, cluster.place, group.asgName))?.instances ?? [];
  Object.assign(group, {
    imageId: target.imageId,
    releaseVersion: target.releaseVersion,
    version: target.version,
    instanceTypes: target.instanceTypes,
    source: target.source?.ref,
  });
  try {
    await makeTemplate(eks, cluster, group, target.source);
    await resizeGroup(eks, cluster, group, {});
    await rollNodes(eks, cluster, group, old, force, signal);
    await dropTemplate(eks, cluster, beforeOwn);
  } catch (error) {
    const failed = group.own;
    Object.assign(group, before);
    group.own = beforeOwn;
    await resizeGroup(eks, cluster, group, {});
    if (failed !== beforeOwn) await dropTemplate(eks, cluster, failed);
    throw error;
  }
}
