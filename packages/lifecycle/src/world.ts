import type { Clock, ProxySettings } from '@roadstead/foundation';
import type { AwsReader, AwsWriter, CredentialSource } from '@roadstead/provisioning';
import type { Holder, Store, StoreReader } from '@roadstead/store';

/** Everything outside that a cluster's change touches. Planning takes the part that cannot write. */
export interface ReadingWorld {
  readonly reader: AwsReader;
  /** Signs the tokens that the API server asks for. */
  readonly credentials: CredentialSource;
  readonly store: StoreReader;
  readonly clock: Clock;
  /** Multiplies waits between polls; 1 on AWS, less on a sandbox whose clock is faster. */
  readonly pollScale: number;
  readonly userAgent: string;
  /** Says whether the holder of a lease is known to be gone. */
  readonly isGone: (holder: Holder) => boolean;
  /** AWS's endpoint when it is not AWS's own; shown in every plan. */
  readonly endpoint?: string;
  /** The ways to API servers that are not direct. */
  readonly proxy?: ProxySettings;
}

export interface World extends ReadingWorld {
  readonly writer: AwsWriter;
  readonly store: Store;
  /** Who works, for the lease. */
  readonly holder: Holder;
}
