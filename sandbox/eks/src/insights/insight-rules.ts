import { catalogueAddon, releasesFor } from '../addons/catalogue/catalogue.ts';
import { minorNumber, supportedVersions } from '../clusters/versions.ts';
import type { ClusterRecord } from '../model.ts';

export interface Insight {
  readonly name: string;
  readonly category: 'UPGRADE_READINESS';
  /** The minor that the finding is about. */
  readonly kubernetesVersion: string;
  readonly description: string;
  readonly status: 'PASSING' | 'WARNING' | 'ERROR';
  readonly reason: string;
  readonly recommendation: string;
  readonly resources: readonly {
    readonly arn: string;
    readonly status: 'PASSING' | 'WARNING' | 'ERROR';
    readonly reason: string;
  }[];
  readonly addons: readonly { readonly name: string; readonly compatibleVersions: readonly string[] }[];
}

type InsightSource = Pick<ClusterRecord, 'version' | 'nodegroups' | 'addons'>;

/**
 * What the sandbox really looks at before an upgrade by one minor: node skew and add-on versions. Nothing else, and
 * nothing at all where there is no next minor.
 */
export function insightsOf(cluster: InsightSource): readonly Insight[] {
  const next = `1.${minorNumber(cluster.version) + 1}`;
  if (!supportedVersions.some((version) => version.minor === next)) return [];
  return [kubeletSkew(cluster, next), addonFit(cluster, next)];
}

function kubeletSkew(cluster: InsightSource, next: string): Insight {
  const resources = [...cluster.nodegroups.values()].map((group) => {
    const lag = minorNumber(cluster.version) - minorNumber(group.version);
    const status = lag >= 3 ? 'ERROR' : lag === 2 ? 'WARNING' : 'PASSING';
    return {
      arn: group.arn,
      status,
      reason: `kubelet ${group.version} is ${lag} minor versions behind ${cluster.version}`,
    } as const;
  });
  return {
    name: 'Kubelet version skew',
    category: 'UPGRADE_READINESS',
    kubernetesVersion: next,
    description:
      'Checks for kubelet versions of worker nodes in the cluster to see if upgrade would cause non compliance with supported Kubernetes kubelet version skew policy.',
    ...worstOf(resources, 'Node kubelet versions match the cluster control plane version.'),
    recommendation: 'Upgrade the node groups to the version of the control plane first.',
    resources,
    addons: [],
  };
}

function addonFit(cluster: InsightSource, next: string): Insight {
  const resources = [...cluster.addons.values()].map((addon) => {
    const fits = compatibleVersions(addon.name, next).includes(addon.version);
    return {
      arn: addon.arn,
      status: fits ? 'PASSING' : 'ERROR',
      reason: fits ? `${addon.version} fits ${next}` : `${addon.version} does not fit ${next}`,
    } as const;
  });
  return {
    name: 'EKS add-on version compatibility',
    category: 'UPGRADE_READINESS',
    kubernetesVersion: next,
    description:
      'Checks version of installed EKS add-ons to ensure they are compatible with the next version of Kubernetes.',
    ...worstOf(resources, 'All installed EKS add-on versions are compatible with next Kubernetes version.'),
    recommendation: 'Update the add-ons to a compatible version after the upgrade.',
    resources,
    addons: [...cluster.addons.keys()].map((name) => ({ name, compatibleVersions: compatibleVersions(name, next) })),
  };
}

function compatibleVersions(name: string, minor: string): readonly string[] {
  const addon = catalogueAddon(name);
  return addon === undefined ? [] : releasesFor(addon, minor).map((release) => release.version);
}

function worstOf(
  resources: Insight['resources'],
  fine: string,
): { readonly status: Insight['status']; readonly reason: string } {
  const worst = resources.find((one) => one.status === 'ERROR') ?? resources.find((one) => one.status === 'WARNING');
  return worst === undefined ? { status: 'PASSING', reason: fine } : { status: worst.status, reason: worst.reason };
}
