import { createHash } from 'node:crypto';
import type { Cluster } from '@roadstead/definition';
import { canonicalJson } from '@roadstead/foundation';
import type { ChannelSource } from './channel.ts';

/**
 * `<git sha1>#<sha1 of the cluster's configuration>` (ADR-001), or `dir-<digest of the folder>#…` for a channel that is no commit.
 * Opaque to everything else.
 */
export function versionOf(source: ChannelSource, cluster: Cluster): string {
  const channel = source.kind === 'git' ? source.commit : `dir-${source.digest}`;
  return `${channel}#${createHash('sha1').update(canonicalJson(cluster)).digest('hex')}`;
}
