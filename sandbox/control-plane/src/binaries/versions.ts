import { type Component, type Minor, minorOf, releases } from '../components.ts';

/** The arguments that make a component say its version and end. */
export const versionArguments: Readonly<Record<Component, readonly string[]>> = {
  etcd: ['--version'],
  'kube-apiserver': ['--version'],
  'kube-controller-manager': ['--version'],
  'kube-scheduler': ['--version'],
  kubectl: ['version', '--client'],
};

/** The version in what a component printed, without a leading `v`; undefined where there is none. */
export function versionIn(component: Component, output: string): string | undefined {
  const pattern = component === 'etcd' ? /^etcd Version: (\S+)/m : /^(?:Kubernetes|Client Version:) v(\S+)/m;
  return pattern.exec(output)?.[1];
}

/**
 * Who named a binary on purpose gets it for any patch of the minor; one that just lies on PATH must be the pinned
 * release. etcd before 3.5.13 lacks what the watch cache asks of it (`RequestWatchProgress`): watches would fail.
 */
export function isFit(component: Component, version: string, minor: Minor, strictness: 'minor' | 'exact'): boolean {
  if (component === 'etcd') return isAtLeast(version, [3, 5, 13]);
  return strictness === 'exact' ? `v${version}` === releases[minor] : minorOf(version) === minor;
}

export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.+-]/).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? Number.NaN;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
