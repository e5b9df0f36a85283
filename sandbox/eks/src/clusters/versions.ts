import type { AwsError } from '@roadstead/sandbox-gateway';
import { invalidParameter } from '../shared/errors.ts';

/** One Kubernetes minor as EKS supports it. Dates are days in UTC. */
export interface SupportedVersion {
  readonly minor: string;
  readonly released: string;
  readonly standardEnds: string;
  readonly extendedEnds: string;
  readonly platformVersion: string;
}

/** From the EKS release calendar, late 2026. The default of CreateCluster is the newest in standard support. */
export const supportedVersions: readonly SupportedVersion[] = [
  {
    minor: '1.33',
    released: '2025-05-29',
    standardEnds: '2026-07-29',
    extendedEnds: '2027-07-29',
    platformVersion: 'eks.24',
  },
  {
    minor: '1.34',
    released: '2025-10-02',
    standardEnds: '2026-12-02',
    extendedEnds: '2027-12-02',
    platformVersion: 'eks.16',
  },
  {
    minor: '1.35',
    released: '2026-01-28',
    standardEnds: '2027-03-27',
    extendedEnds: '2028-03-27',
    platformVersion: 'eks.9',
  },
  {
    minor: '1.36',
    released: '2026-06-02',
    standardEnds: '2027-08-02',
    extendedEnds: '2028-08-02',
    platformVersion: 'eks.4',
  },
];

export type VersionStatus = 'STANDARD_SUPPORT' | 'EXTENDED_SUPPORT' | 'UNSUPPORTED';

export function versionStatus(version: SupportedVersion, nowMs: number): VersionStatus {
  if (nowMs < Date.parse(version.standardEnds)) return 'STANDARD_SUPPORT';
  return nowMs < Date.parse(version.extendedEnds) ? 'EXTENDED_SUPPORT' : 'UNSUPPORTED';
}

/** What can be created now: released, still supported, and playable by the sandbox. */
export function offeredVersions(minors: readonly string[], nowMs: number): readonly SupportedVersion[] {
  return supportedVersions.filter(
    (version) =>
      minors.includes(version.minor) &&
      Date.parse(version.released) <= nowMs &&
      versionStatus(version, nowMs) !== 'UNSUPPORTED',
  );
}

/** A version in extended support needs the policy EXTENDED: EKS upgrades those of the other by itself. */
export function refuseSupportType(
  clusterName: string,
  minor: string,
  supportType: 'STANDARD' | 'EXTENDED',
  nowMs: number,
): AwsError | undefined {
  const version = supportedVersions.find((one) => one.minor === minor);
  if (version === undefined || supportType === 'EXTENDED') return undefined;
  if (versionStatus(version, nowMs) === 'STANDARD_SUPPORT') return undefined;
  return invalidParameter(
    `Kubernetes version ${minor} is in extended support; upgradePolicy.supportType STANDARD cannot be used`,
    { clusterName },
  );
}

export function minorNumber(minor: string): number {
  return Number(minor.split('.')[1]);
}

export type VersionStep =
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'refused'; readonly message: string };

const rollbackWindowMs = 7 * 24 * 3600 * 1000;

/** Whether the control plane may go from one minor to another: one up, or back within seven days of an upgrade. */
export function versionStep(
  from: string,
  to: string,
  offered: readonly string[],
  lastUpgrade: { readonly from: string; readonly at: number } | undefined,
  nowMs: number,
): VersionStep {
  if (!offered.includes(to)) return { kind: 'refused', message: 'unsupported Kubernetes version' };
  const step = minorNumber(to) - minorNumber(from);
  if (step === 1) return { kind: 'upgrade' };
  if (step === -1 && lastUpgrade?.from === to) {
    if (nowMs - lastUpgrade.at <= rollbackWindowMs) return { kind: 'rollback' };
    return { kind: 'refused', message: `The rollback window of 7 days for version ${to} has passed` };
  }
  return { kind: 'refused', message: `Unsupported Kubernetes minor version update from ${from} to ${to}` };
}
