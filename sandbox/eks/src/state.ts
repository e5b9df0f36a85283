import type { Place } from '@roadstead/sandbox-gateway';
import type { AccessEntryRecord, AddonRecord, ClusterRecord, NodegroupRecord } from './model.ts';
import { notFound } from './shared/errors.ts';

/** All that the service holds. Records are changed in place by the one activity that owns the change. */
export class EksState {
  readonly #clusters = new Map<string, ClusterRecord>();
  readonly #listeners = new Set<() => void>();

  clusters(place?: Place): readonly ClusterRecord[] {
    const all = [...this.#clusters.values()];
    return place === undefined ? all : all.filter((cluster) => samePlace(cluster.place, place));
  }

  find(place: Place, name: string): ClusterRecord | undefined {
    return this.#clusters.get(keyOf(place, name));
  }

  byId(id: string): ClusterRecord | undefined {
    return this.clusters().find((cluster) => cluster.id === id);
  }

  cluster(place: Place, name: string): ClusterRecord {
    const cluster = this.find(place, name);
    if (cluster === undefined) throw notFound(`No cluster found for name: ${name}.`, { clusterName: name });
    return cluster;
  }

  add(cluster: ClusterRecord): void {
    this.#clusters.set(keyOf(cluster.place, cluster.name), cluster);
    this.changed();
  }

  remove(cluster: ClusterRecord): void {
    this.#clusters.delete(keyOf(cluster.place, cluster.name));
    this.changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

export function nodegroupOf(cluster: ClusterRecord, name: string): NodegroupRecord {
  const group = cluster.nodegroups.get(name);
  if (group !== undefined) return group;
  throw notFound(`No node group found for name: ${name}.`, { clusterName: cluster.name, nodegroupName: name });
}

export function addonOf(cluster: ClusterRecord, name: string): AddonRecord {
  const addon = cluster.addons.get(name);
  if (addon !== undefined) return addon;
  throw notFound(`No addon: ${name} found in cluster: ${cluster.name}`, { clusterName: cluster.name, addonName: name });
}

export function accessEntryOf(cluster: ClusterRecord, principalArn: string): AccessEntryRecord {
  const entry = cluster.accessEntries.get(principalArn);
  if (entry !== undefined) return entry;
  throw notFound(
    `The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.`,
    { clusterName: cluster.name },
  );
}

function keyOf(place: Place, name: string): string {
  return `${place.account}/${place.region}/${name}`;
}

function samePlace(a: Place, b: Place): boolean {
  return a.account === b.account && a.region === b.region;
}
