import { RoadsteadError } from '@roadstead/foundation';

export type JsonRecord = { readonly [key: string]: unknown };

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** One entry of `metadata.managedFields`; `fieldsV1` is the tree of structured-merge-diff's FieldsV1 format. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: JsonRecord;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** A Kubernetes object as JSON has it: timestamps are RFC 3339 text. Everything but identity is unknown until looked at. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [key: string]: unknown;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for what has an apiVersion, a kind and a name: the least that the API server ever answers. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isRecord(value.metadata) &&
    typeof value.metadata.name === 'string'
  );
}

/** Reads an answer's JSON. What is no JSON (a proxy's page with status 200) is an error that says so. */
export function parseAnswer(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RoadsteadError(`${what}: the answer is not JSON`, {
      code: 'KUBE_BAD_ANSWER',
      value: text.slice(0, 100),
      hint: 'Is the address that of a Kubernetes API server, or is a proxy in between?',
      cause,
    });
  }
}

/** Checks an answer of the API server. */
export function toKubernetesObject(value: unknown, what: string): KubernetesObject {
  if (isKubernetesObject(value)) return value;
  throw new RoadsteadError(`${what} answered something that is not a Kubernetes object`, {
    code: 'KUBE_BAD_ANSWER',
    value: isRecord(value) ? Object.keys(value).slice(0, 10) : typeof value,
    hint: 'Is the address that of a Kubernetes API server, or is a proxy in between?',
  });
}

/** The value at a path of member names, or `undefined` where the path ends early. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (!isRecord(current)) return undefined;
    current = current[name];
  }
  return current;
}

export function recordAt(value: unknown, ...path: readonly string[]): JsonRecord | undefined {
  const found = valueAt(value, ...path);
  return isRecord(found) ? found : undefined;
}

export function stringAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The records in the list at a path; anything else in it is left out, a missing list is empty. */
export function recordsAt(value: unknown, ...path: readonly string[]): readonly JsonRecord[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}
