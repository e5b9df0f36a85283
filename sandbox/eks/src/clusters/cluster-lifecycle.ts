import { rm } from 'node:fs/promises';
import { messageOf } from '@roadstead/foundation';
import { installBaseRoles } from '../access/base-roles.ts';
import { installSelfManagedAddons } from '../addons/self-managed.ts';
import { type Eks, pacedMs } from '../deps.ts';
import { KubeClient } from '../kube/kube-client.ts';
import type { ClusterRecord, Issue } from '../model.ts';
import type { RunningControlPlane } from '../ports.ts';
import { isAwsError } from '../shared/errors.ts';
import { makeClusterNetwork, removeClusterNetwork } from './cluster-network.ts';
import { ensureLogGroup } from './logging.ts';

const usualCreateSeconds = 540;
const usualDeleteSeconds = 240;

/** CREATING to ACTIVE when both the usual time has passed and the control plane answers; else FAILED with the reason. */
export async function startCluster(
  eks: Eks,
  cluster: ClusterRecord,
  signal: AbortSignal,
  selfManagedAddons = true,
): Promise<void> {
  const paced = eks.context.clock.sleep(pacedMs(eks, usualCreateSeconds), signal);
  void paced.catch(() => undefined);
  try {
    await makeClusterNetwork(eks, cluster);
    await ensureLogGroup(eks, cluster);
    const plane = await startControlPlane(eks, cluster, signal);
    await adopt(eks, cluster, plane, signal);
    if (selfManagedAddons) await installSelfManagedAddons(eks, cluster, signal);
    await paced;
    if (cluster.status === 'CREATING') cluster.status = 'ACTIVE';
  } catch (error) {
    if (signal.aborted) throw error;
    cluster.status = 'FAILED';
    cluster.issues = [issueOf(error)];
    eks.context.log({ cluster: cluster.name, error: messageOf(error) }, 'cluster failed');
  }
  eks.state.changed();
}

function startControlPlane(eks: Eks, cluster: ClusterRecord, signal: AbortSignal): Promise<RunningControlPlane> {
  return eks.controlPlanes.start({
    minor: cluster.version,
    directory: cluster.directory,
    serviceCidr: cluster.serviceCidr,
    issuer: cluster.issuer,
    tokenWebhook: { url: `${eks.webhooks.url}/authenticate/${cluster.id}`, caPem: eks.webhooks.caPem },
    authorizationWebhook: { url: `${eks.webhooks.url}/authorize/${cluster.id}`, caPem: eks.webhooks.caPem },
    signal,
  });
}

async function adopt(eks: Eks, cluster: ClusterRecord, plane: RunningControlPlane, signal: AbortSignal): Promise<void> {
  cluster.controlPlane = plane;
  cluster.kube = new KubeClient({ endpoint: plane.endpoint, caPem: plane.caPem, ...plane.admin });
  void plane.exited.then((reason) => {
    if (cluster.controlPlane !== plane || signal.aborted || cluster.status === 'DELETING') return;
    cluster.issues = [{ code: 'ClusterUnreachable', message: reason, resourceIds: [cluster.name] }];
    eks.context.log({ cluster: cluster.name, reason }, 'a control plane ended by itself');
  });
  await installBaseRoles(cluster.kube, signal);
  eks.state.changed();
}

/** Removes all that EKS made for the cluster; its log group stays, as in AWS. */
export async function endCluster(eks: Eks, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  await eks.context.clock.sleep(pacedMs(eks, usualDeleteSeconds), signal);
  await stopControlPlane(cluster);
  try {
    await removeClusterNetwork(eks, cluster);
  } catch (error) {
    cluster.status = 'FAILED';
    cluster.issues = [issueOf(error)];
    eks.state.changed();
    throw error;
  }
  eks.state.remove(cluster);
}

/** Ends processes and removes files. Safe to repeat. */
export async function stopControlPlane(cluster: ClusterRecord): Promise<void> {
  const plane = cluster.controlPlane;
  delete cluster.controlPlane;
  await cluster.kube?.close();
  delete cluster.kube;
  await plane?.stop();
  await rm(cluster.directory, { recursive: true, force: true });
}

function issueOf(error: unknown): Issue {
  const message = messageOf(error);
  if (!isAwsError(error)) return { code: 'InternalFailure', message, resourceIds: [] };
  const codes: Readonly<Record<string, string>> = {
    'InvalidSubnetID.NotFound': 'Ec2SubnetNotFound',
    'InvalidGroup.NotFound': 'Ec2SecurityGroupNotFound',
    'InvalidSecurityGroupID.NotFound': 'Ec2SecurityGroupNotFound',
    'InvalidVpcID.NotFound': 'VpcNotFound',
    InsufficientFreeAddressesInSubnet: 'InsufficientFreeAddresses',
  };
  return { code: codes[error.code] ?? 'Other', message, resourceIds: [] };
}
