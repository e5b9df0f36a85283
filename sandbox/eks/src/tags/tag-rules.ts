import { invalidParameter } from '../shared/errors.ts';

/** At most 50 tags, and none under AWS's own prefix. */
export function refuseTags(tags: Readonly<Record<string, string>>): void {
  const keys = Object.keys(tags);
  if (keys.length > 50) throw invalidParameter('A resource can have at most 50 tags');
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) throw invalidParameter(`Tag key ${reserved} is invalid: the prefix aws: is reserved`);
}

/** The `tags` member of an answer; botocore's model allows no empty map. */
export function tagsMember(tags: Readonly<Record<string, string>>): {
  readonly tags?: Readonly<Record<string, string>>;
} {
  return Object.keys(tags).length === 0 ? {} : { tags };
}
