import { readSecurityGroups, readSubnets } from '../aws/network.ts';
import { answerOnce, type Eks, type Handler, pacedMs } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { raise } from '../shared/errors.ts';
import { requiredText } from '../shared/read.ts';
import { closeUpdate, openUpdate, refuseWhileUpdating, updateView } from '../updates/update-record.ts';
import { makeInterfaces, removeInterfaces } from './cluster-network.ts';
import { requireActive } from './cluster-status.ts';
import { type ConfigChange, readConfigChange } from './config-change.ts';
import { refuseUnplayed } from './create-cluster.ts';
import { ensureLogGroup } from './logging.ts';
import { refuseMovedSubnets, refuseSubnets } from './vpc-rules.ts';

const usual: Readonly<Record<ConfigChange['kind'], { readonly type: string; readonly seconds: number }>> = {
  endpoint: { type: 'EndpointAccessUpdate', seconds: 240 },
  vpc: { type: 'VpcConfigUpdate', seconds: 300 },
  logging: { type: 'LoggingUpdate', seconds: 90 },
  access: { type: 'AccessConfigUpdate', seconds: 60 },
  upgradePolicy: { type: 'UpgradePolicyUpdate', seconds: 30 },
  zonalShift: { type: 'ZonalShiftConfigUpdate', seconds: 60 },
  deletionProtection: { type: 'DeletionProtectionUpdate', seconds: 15 },
};

export const updateClusterConfig: Handler = async (eks, request) => {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'name'));
  return answerOnce(cluster, request, async () => {
    refuseUnplayed(request.input);
    refuseWhileUpdating(cluster, {}, 'UpdateClusterConfig');
    requireActive(cluster);
    const change = readConfigChange(cluster, request.input, eks.context.clock.now());
    if (change.kind === 'vpc') await refusePlace(eks, cluster, change);
    refuseWhileUpdating(cluster, {}, 'UpdateClusterConfig');
    const { type, seconds } = usual[change.kind];
    const update = openUpdate(eks, cluster, {}, type, paramsOf(change));
    const answer = updateView(update);
    cluster.status = 'UPDATING';
    eks.activities.start(`${type} ${cluster.arn}`, async (signal) => {
      await closeUpdate(eks, update, async () => {
        await eks.context.clock.sleep(pacedMs(eks, seconds), signal);
        await apply(eks, cluster, change);
      });
      if (cluster.status === 'UPDATING') cluster.status = 'ACTIVE';
      eks.state.changed();
    });
    return { update: answer };
  });
};

async function refusePlace(
  eks: Eks,
  cluster: ClusterRecord,
  change: Extract<ConfigChange, { kind: 'vpc' }>,
): Promise<void> {
  const [before, after, groups] = await Promise.all([
    readSubnets(eks, cluster.place, cluster.vpc.subnetIds),
    readSubnets(eks, cluster.place, change.subnetIds),
    readSecurityGroups(eks, cluster.place, change.securityGroupIds),
  ]);
  raise(
    refuseSubnets({ name: cluster.name, ...change }, after, groups) ?? refuseMovedSubnets(cluster.name, before, after),
  );
}

async function apply(eks: Eks, cluster: ClusterRecord, change: ConfigChange): Promise<void> {
  switch (change.kind) {
    case 'endpoint':
      Object.assign(cluster.vpc, change.access);
      return;
    case 'vpc':
      cluster.vpc.subnetIds = change.subnetIds;
      cluster.vpc.securityGroupIds = change.securityGroupIds;
      await removeInterfaces(eks, cluster);
      await makeInterfaces(eks, cluster);
      return;
    case 'logging':
      cluster.enabledLogs = change.enabled;
      await ensureLogGroup(eks, cluster);
      return;
    case 'access':
      cluster.authenticationMode = change.mode;
      return;
    case 'upgradePolicy':
      cluster.supportType = change.supportType;
      return;
    case 'zonalShift':
      cluster.zonalShift = change.enabled;
      return;
    case 'deletionProtection':
      cluster.deletionProtection = change.enabled;
  }
}

function paramsOf(change: ConfigChange): readonly (readonly [string, string])[] {
  switch (change.kind) {
    case 'endpoint':
      return [
        ['EndpointPublicAccess', String(change.access.endpointPublicAccess)],
        ['EndpointPrivateAccess', String(change.access.endpointPrivateAccess)],
        ['PublicAccessCidrs', JSON.stringify(change.access.publicAccessCidrs)],
      ];
    case 'vpc':
      return [
        ['Subnets', JSON.stringify(change.subnetIds)],
        ['SecurityGroups', JSON.stringify(change.securityGroupIds)],
      ];
    case 'logging':
      return [['ClusterLogging', JSON.stringify({ clusterLogging: [{ types: [...change.enabled], enabled: true }] })]];
    case 'access':
      return [['AuthenticationMode', JSON.stringify(change.mode)]];
    case 'upgradePolicy':
      return [['UpgradePolicy', JSON.stringify({ supportType: change.supportType })]];
    case 'zonalShift':
      return [['ZonalShiftConfig', JSON.stringify({ enabled: change.enabled })]];
    case 'deletionProtection':
      return [['DeletionProtection', String(change.enabled)]];
  }
}
