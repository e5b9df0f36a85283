import { canonicalJson } from '@roadstead/foundation';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { CallFailed, type ResourceContext, type Tag } from './handler.ts';

/** The value at a path of member names and indexes; `undefined` when any part is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (typeof step === 'number') return Array.isArray(inner) ? inner[step] : undefined;
    return isJsonObject(inner) ? inner[step] : undefined;
  }, value);
}

/** The text at a path; throws when AWS left it out, which is a bug of the emulator. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found === 'string' || typeof found === 'number') return String(found);
  throw new Error(`the answer has no ${path.join('.')}`);
}

/** The objects in the list at a path; empty when it is missing. */
export function objectsAt(value: unknown, ...path: readonly (string | number)[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

/** The texts in the list at a path; empty when it is missing. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(String) : [];
}

/** The named members that are set, under the same names. */
export function pick(source: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]));
}

/** Whether two values are the same data. */
export function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Members of `a` that `b` does not hold. */
export function without(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const held = new Set(b.map(canonicalJson));
  return a.filter((member) => !held.has(canonicalJson(member)));
}

/** The user's tags of a list as AWS answers it (`Key`, `Value`), without the `aws:` ones. */
export function userTags(value: unknown): Tag[] {
  return (Array.isArray(value) ? value.filter(isJsonObject) : [])
    .map((tag) => ({ Key: String(tag['Key'] ?? ''), Value: String(tag['Value'] ?? '') }))
    .filter((tag) => !tag.Key.startsWith('aws:'));
}

/** The tags that a resource's properties ask for. */
export function desiredTags(properties: JsonObject): Tag[] {
  return userTags(properties['Tags']);
}

/** Tags as a map from key to value. */
export function tagMap(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));
}

/** Which tags to put and which keys to take off. */
export function tagChange(before: readonly Tag[], after: readonly Tag[]): { put: Tag[]; remove: string[] } {
  const kept = new Set(after.map((tag) => tag.Key));
  return {
    put: after.filter((tag) => !before.some((old) => old.Key === tag.Key && old.Value === tag.Value)),
    remove: before.map((tag) => tag.Key).filter((key) => !kept.has(key)),
  };
}

/** The answer of a read, or `undefined` when AWS says that there is no such thing. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a failure says that the thing asked for does not exist. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof CallFailed &&
    /NotFound|NoSuchEntity|NoSuchHostedZone|NonExistentQueue|QueueDoesNotExist|DoesNotExist/i.test(error.code)
  );
}

/** A policy document as text. */
export function policyText(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

/** A policy document as data, however AWS answered it: object, JSON, or JSON escaped for a URL. */
export function policyData(document: unknown): unknown {
  if (typeof document !== 'string') return document;
  const text = document.startsWith('%7B') ? decodeURIComponent(document) : document;
  try {
    return JSON.parse(text);
  } catch {
    return document;
  }
}

/** Every page's objects of a list operation. */
export async function allPages(
  context: ResourceContext,
  request: { service: string; operation: string; input: JsonObject; items: string; token?: string },
): Promise<JsonObject[]> {
  const token = request.token ?? 'NextToken';
  const found: JsonObject[] = [];
  let next: unknown;
  do {
    const page = await context.call(request.service, request.operation, {
      ...request.input,
      ...(next === undefined ? {} : { [token]: next }),
    });
    found.push(...objectsAt(page, request.items));
    next = page[token];
  } while (next !== undefined && next !== '' && next !== null);
  return found;
}
