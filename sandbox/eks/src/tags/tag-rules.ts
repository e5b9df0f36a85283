import { invalidParameter } from '../shared/errors.ts';

/** What is wrong with tags: more than 50, or one under AWS's own prefix. */
export function tagProblem(tags: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(tags);
  if (keys.length > 50) return 'A resource can have at most 50 tags';
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  return reserved === undefined ? undefined : `Tag key ${reserved} is invalid: the prefix aws: is reserved`;
}

/** Refuses the tags of a thing that is being made. */
export function refuseTags(tags: Readonly<Record<string, string>>): void {
  const problem = tagProblem(tags);
  if (problem !== undefined) throw invalidParameter(problem);
}

/** The `tags` member of an answer; botocore's model allows no empty map. */
export function tagsMember(tags: Readonly<Record<string, string>>): {
  readonly tags?: Readonly<Record<string, string>>;
} {
  return Object.keys(tags).length === 0 ? {} : { tags };
}
