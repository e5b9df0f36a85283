import { type CelInput, type CelValue, isCelList, isCelMap, isCelUint } from '@bufbuild/cel';
import type { Json, JsonObject } from '@roadstead/foundation';

/**
 * JSON as CEL takes it: whole numbers are ints, as in every file that people write. Members are in the order of their names, so that
 * what runs through a map gives the same list however a file orders it.
 */
export function toCel(json: Json): CelInput {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(toCel);
  return new Map(
    Object.keys(json)
      .toSorted()
      .map((key) => [key, toCel((json as JsonObject)[key] ?? null)]),
  );
}

/** A result as JSON; throws a RangeError for what JSON cannot hold. */
export function toJson(value: CelValue): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return safeNumber(value);
  if (isCelUint(value)) return safeNumber(value.value);
  if (isCelList(value)) return [...value].map(toJson);
  if (isCelMap(value))
    return Object.fromEntries(
      [...value].map(([key, member]) => [String(isCelUint(key) ? key.value : key), toJson(member)]),
    );
  throw new RangeError(
    value instanceof Uint8Array ? 'bytes are not JSON: use base64()' : 'a result that is not JSON: use string()',
  );
}

function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
    throw new RangeError(`${value} is too large for JSON`);
  return Number(value);
}

/** The items of a list; undefined when the value is none. */
export function listItems(value: CelValue): readonly CelValue[] | undefined {
  return isCelList(value) ? [...value] : undefined;
}
