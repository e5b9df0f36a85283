import { invalidParameter } from './errors.ts';
import { type Members, text, whole } from './read.ts';

/** What of a request its pages depend on. */
export interface ListRequest {
  readonly operation: string;
  readonly input: Members;
}

/** One page of a sorted list. The token names the operation and the last item of the page before, opaque to callers. */
export function page<T>(
  items: readonly T[],
  { operation, input }: ListRequest,
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  const size = whole(input, 'maxResults') ?? 100;
  const token = text(input, 'nextToken');
  const after = token === undefined ? undefined : decodeToken(token, operation);
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  if (rest.length <= size || last === undefined) return { items: shown };
  return { items: shown, nextToken: Buffer.from(`${operation}:${keyOf(last)}`).toString('base64url') };
}

/** A token of another list is none of this one. */
function decodeToken(token: string, operation: string): string {
  const plain = Buffer.from(token, 'base64url').toString();
  if (!plain.startsWith(`${operation}:`)) throw invalidParameter('Invalid nextToken');
  return plain.slice(operation.length + 1);
}
