import type { Clock, Logger } from '@roadstead/foundation';

/** One line about the start: what is being done. */
export interface SandboxProgress {
  readonly step: 'python' | 'control-plane' | 'moto' | 'gateway' | 'ready';
  readonly message: string;
}

export interface StartSandboxOptions {
  /** Everything of the run is in here and gone after `close`. */
  readonly directory: string;
  /** Python environment and control-plane binaries, kept between runs. */
  readonly cacheDirectory: string;
  /** The user's; what AWS reads from it is not handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** AWS's time divided by the sandbox's. Default 60; 1 is AWS's own pace. */
  readonly factor?: number;
  readonly port?: number;
  /** Kubernetes minors to offer. Default: all that there are. */
  readonly minors?: readonly string[];
  readonly region?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly onProgress?: (progress: SandboxProgress) => void;
  /** Told the folder for temporary files of this run, which goes with it; it is for the process and its children to use. */
  readonly useTemporaryFolder?: (path: string) => void;
  /** Called when a client asks the control port to stop. */
  readonly onStopAsked?: () => void;
  readonly signal?: AbortSignal;
}
