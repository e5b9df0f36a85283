/** Reading what comes from outside (AWS answers, YAML): a value of the expected shape, or nothing. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of an object; anything else has none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The items of a list; anything else has none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is there and not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number, also where it was written as text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Follows names through nested objects. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, name) => fieldsOf(current)[name], value);
}

/** AWS tag lists (`[{Key, Value}]`) as a record. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = itemsOf(value).map((tag) => [textOf(at(tag, 'Key')) ?? '', String(at(tag, 'Value') ?? '')] as const);
  return Object.fromEntries(pairs);
}

/** The members whose values are texts. */
export function textMapOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries(fieldsOf(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}
