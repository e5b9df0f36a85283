import { invalidParameter } from './errors.ts';
import { type Members, text, whole } from './read.ts';

/** One page of a sorted list. The token is the last item of the page before, opaque to callers. */
export function page<T>(
  items: readonly T[],
  input: Members,
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  const size = whole(input, 'maxResults') ?? 100;
  const token = text(input, 'nextToken');
  const after = token === undefined ? undefined : decodeToken(token);
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  if (rest.length <= size || last === undefined) return { items: shown };
  return { items: shown, nextToken: Buffer.from(`after:${keyOf(last)}`).toString('base64url') };
}

function decodeToken(token: string): string {
  const plain = Buffer.from(token, 'base64url').toString();
  if (!plain.startsWith('after:')) throw invalidParameter('Invalid nextToken');
  return plain.slice('after:'.length);
}
