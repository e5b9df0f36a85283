import type { JsonObject } from '@roadstead/foundation';

/** An SDK answer as plain JSON: dates become ISO 8601, absent members go. */
export function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** Pages of an AWS list, one after the other, until the token ends. */
export async function allPages<P, T>(
  page: (token: string | undefined) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
  tokenOf: (page: P) => string | undefined,
): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  do {
    const answer = await page(token);
    items.push(...(itemsOf(answer) ?? []));
    token = tokenOf(answer);
  } while (token !== undefined && token !== '');
  return items;
}
