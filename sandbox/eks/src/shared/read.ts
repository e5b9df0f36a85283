/** Answers and inputs whose shape botocore's model has already settled. */
export type Members = Readonly<Record<string, unknown>>;

export function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function has(source: Members, key: string): boolean {
  return source[key] !== undefined && source[key] !== null;
}

export function text(source: Members, key: string): string | undefined {
  const value = source[key];
  return typeof value === 'string' ? value : undefined;
}

/** A member that the model requires; a missing one is a bug of whoever parsed the request. */
export function requiredText(source: Members, key: string): string {
  const value = text(source, key);
  if (value === undefined) throw new Error(`member ${key} is missing`);
  return value;
}

export function flag(source: Members, key: string): boolean | undefined {
  const value = source[key];
  return typeof value === 'boolean' ? value : undefined;
}

export function whole(source: Members, key: string): number | undefined {
  const value = source[key];
  return typeof value === 'number' ? value : undefined;
}

export function texts(source: Members, key: string): readonly string[] | undefined {
  const value = source[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}

export function records(source: Members, key: string): readonly Members[] {
  const value = source[key];
  return Array.isArray(value) ? value.map(members) : [];
}

export function within(source: Members, key: string): Members {
  return members(source[key]);
}

export function textMap(source: Members, key: string): Record<string, string> {
  const entries = Object.entries(within(source, key));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The members that are there; EKS leaves out what is not set. */
export function defined<T extends Record<string, unknown>>(source: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
