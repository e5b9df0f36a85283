import type { AddonRelease, CatalogueAddon } from './catalogue-addon.ts';
import { coredns } from './coredns.ts';
import { ebsCsiDriver } from './ebs-csi-driver.ts';
import { kubeProxy } from './kube-proxy.ts';
import { metricsServer } from './metrics-server.ts';
import { podIdentityAgent } from './pod-identity-agent.ts';
import { vpcCni } from './vpc-cni.ts';

/** The add-ons that can be created, by name. */
export const catalogue: readonly CatalogueAddon[] = [
  ebsCsiDriver,
  coredns,
  podIdentityAgent,
  kubeProxy,
  metricsServer,
  vpcCni,
];

export function catalogueAddon(name: string): CatalogueAddon | undefined {
  return catalogue.find((addon) => addon.name === name);
}

/** The builds that fit a minor, newest first. */
export function releasesFor(addon: CatalogueAddon, minor: string): readonly AddonRelease[] {
  return addon.releases.filter((release) => release.minors.includes(minor));
}

export function defaultRelease(addon: CatalogueAddon, minor: string): AddonRelease | undefined {
  return releasesFor(addon, minor).find((release) => release.isDefault);
}
