import type { Instance } from '../aws/ec2-reader.ts';
import { type NodeConfig, type Parsed, readNodeConfig } from './node-config.ts';
import { openUserData } from './user-data.ts';

/** From user data as EC2 hands it out to what nodeadm makes of it. */
export function readBootstrap(userData: string | undefined): Parsed<NodeConfig> {
  const opened = openUserData(userData);
  return opened.kind === 'refused' ? opened : readNodeConfig(opened.documents);
}

/** Which cluster an instance wants to join: by its user data, else (where that cannot be read) by its tags. */
export function wantedCluster(instance: Pick<Instance, 'tags'>, bootstrap: Parsed<NodeConfig>): string | undefined {
  if (bootstrap.kind === 'ok') return bootstrap.value.cluster.name;
  const managed = instance.tags['eks:cluster-name'];
  if (managed !== undefined) return managed;
  const owned = Object.keys(instance.tags).find((key) => key.startsWith('kubernetes.io/cluster/'));
  return owned?.slice('kubernetes.io/cluster/'.length);
}
