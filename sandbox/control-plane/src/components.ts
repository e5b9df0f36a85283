/** The Kubernetes minors that the sandbox plays, oldest first. */
export const minors = ['1.33', '1.34', '1.35', '1.36'] as const;
export type Minor = (typeof minors)[number];

/** What one control plane runs, and the kubectl that fits it. */
export const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const;
export type Component = (typeof components)[number];

/** Those that run as long as the control plane does. */
export type Server = Exclude<Component, 'kubectl'>;

/** The release pinned for each minor: what is downloaded, and what a build of ours says it is. */
export const releases: Readonly<Record<Minor, string>> = {
  '1.33': 'v1.33.13',
  '1.34': 'v1.34.4',
  '1.35': 'v1.35.4',
  '1.36': 'v1.36.3',
};

export type BinarySource = 'environment' | 'path' | 'download' | 'build';

export interface Binary {
  /** Absolute. */
  readonly path: string;
  readonly source: BinarySource;
  /**
   * True for our own build: it serves an older minor by `--emulated-version`, and ends when its standard input closes.
   * Upstream's own binaries do neither.
   */
  readonly isOurs: boolean;
}

/** Everything that a control plane of one minor needs. */
export interface Binaries {
  readonly minor: Minor;
  readonly files: Readonly<Record<Component, Binary>>;
}

/** Finds or makes the binaries of one minor. Safe to repeat; cheap once they are there. */
export type BinaryProvider = (minor: Minor, signal?: AbortSignal) => Promise<Binaries>;

export function isMinor(text: string): text is Minor {
  return (minors as readonly string[]).includes(text);
}

/** `v1.36.3` and `1.36.3` are of the minor `1.36`; what is no version has none. */
export function minorOf(version: string): string | undefined {
  return /^v?(\d+\.\d+)(?:[.+-]|$)/.exec(version.trim())?.[1];
}
