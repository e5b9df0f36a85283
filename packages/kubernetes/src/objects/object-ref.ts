import type { KubernetesObject } from './kubernetes-object.ts';

/** A kind in one version, as manifests write it. */
export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}

/** One object; `namespace` is absent for what belongs to the cluster. */
export interface ObjectRef extends KindRef {
  readonly name: string;
  readonly namespace?: string;
}

/** `apps/v1` → `apps`; the core group's `v1` → the empty string. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `Deployment.apps`, or `ConfigMap` for the core group: the notation of KEP-3659. */
export function groupKindOf(ref: KindRef): string {
  const group = groupOf(ref.apiVersion);
  return group === '' ? ref.kind : `${ref.kind}.${group}`;
}

export function refOf(object: KubernetesObject): ObjectRef {
  const { name, namespace } = object.metadata;
  const base = { apiVersion: object.apiVersion, kind: object.kind, name };
  return namespace === undefined ? base : { ...base, namespace };
}

/**
 * What an object is, whatever the version it is read in: group, kind, namespace and name. Names cannot hold a slash,
 * so the key is unambiguous.
 */
export function keyOf(ref: ObjectRef): string {
  return `${groupKindOf(ref)}/${ref.namespace ?? ''}/${ref.name}`;
}

/** How people read it: `Deployment shop/web`, `ClusterRole reader`. */
export function describeRef(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** Orders by kind, namespace, name, in code units: the same on every machine. */
export function compareRefs(a: ObjectRef, b: ObjectRef): number {
  const left = keyOf(a);
  const right = keyOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
