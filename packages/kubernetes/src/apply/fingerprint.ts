import { canonicalJson, digestOf, sha256Hex } from '@roadstead/foundation';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { fieldManager } from './applyset.ts';
import { type OwnedField, ownedFieldsOf, packPaths } from './owned-fields.ts';
import { isSecret, withoutSecretValues } from './secret-values.ts';

/** What the inventory keeps of one member. */
export interface Fingerprint {
  /** Digest of the object as we send it. */
  readonly desired: string;
  /** Digest of the live values of the fields that we own. */
  readonly live: string;
  /** The owned paths, packed: see `packPaths`. */
  readonly owned: string;
}

const digestLength = 32;

/**
 * Digest of an object as it is sent. A Secret's values are left out: a digest that anybody may read would let a weak
 * password be guessed. They are compared directly instead (`secretValuesMatch`).
 */
export function desiredDigestOf(object: KubernetesObject): string {
  return digestOf(isSecret(object) ? withoutSecretValues(object) : object).slice(0, digestLength);
}

/** Digest of the fields that we own, with their live values; changes when one is edited, removed or taken from us. */
export function liveDigestOf(object: KubernetesObject, manager: string = fieldManager): string {
  return digestOfFields(object, ownedFieldsOf(object, manager));
}

/** What to remember of an object after it was applied. */
export function fingerprintOf(desired: KubernetesObject, live: KubernetesObject): Fingerprint {
  const fields = ownedFieldsOf(live, fieldManager);
  return {
    desired: desiredDigestOf(desired),
    live: digestOfFields(live, fields),
    owned: packPaths(fields.map((field) => field.path)),
  };
}

function digestOfFields(object: KubernetesObject, fields: readonly OwnedField[]): string {
  const secret = isSecret(object);
  const lines = fields.map(
    ({ path, value }) => `${path} ${secret && isSecretPath(path) ? 'hidden' : canonicalJson(value ?? null)}`,
  );
  return sha256Hex(lines.sort().join('\n')).slice(0, digestLength);
}

function isSecretPath(path: string): boolean {
  return path.startsWith('.data');
}
