/** What an expression gives, as far as it is known without a cluster. */
export type Type =
  | { readonly kind: 'dyn' | 'null' | 'bool' | 'int' | 'double' | 'string' | 'bytes' | 'late' | 'never' }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'map'; readonly value: Type }
  | RecordType
  | { readonly kind: 'nullable'; readonly of: Type };

/** A map whose members are known by name, or by how their names begin. */
export interface RecordType {
  readonly kind: 'record';
  /** As people call it in messages: `pool`, `outputs.network`. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Type>>;
  readonly prefixes?: readonly { readonly prefix: string; readonly type: Type }[];
  /** Members that are there later: why they cannot be used here. */
  readonly later?: Readonly<Record<string, string>>;
}

export const dyn: Type = { kind: 'dyn' };
export const nothing: Type = { kind: 'null' };
export const bool: Type = { kind: 'bool' };
export const int: Type = { kind: 'int' };
export const double: Type = { kind: 'double' };
export const string: Type = { kind: 'string' };
export const bytes: Type = { kind: 'bytes' };
export const late: Type = { kind: 'late' };
/** Of the items of an empty list: fits everything. */
export const never: Type = { kind: 'never' };
export const listOf = (element: Type): Type => ({ kind: 'list', element });
export const mapOf = (value: Type): Type => ({ kind: 'map', value });
export const nullable = (of: Type): Type =>
  of.kind === 'nullable' || of.kind === 'null' || of.kind === 'dyn' ? of : { kind: 'nullable', of };
export const record = (name: string, fields: Readonly<Record<string, Type>>): RecordType => ({
  kind: 'record',
  name,
  fields,
});

/** Without the chance of null. Expressions check for null themselves; the checker does not follow their flow. */
export function unwrap(type: Type): Type {
  return type.kind === 'nullable' ? type.of : type;
}

/** What two branches have in common. A late value in one makes the whole late. */
export function join(a: Type, b: Type): Type {
  if (a.kind === 'never') return b;
  if (b.kind === 'never' || a === b) return a;
  if (a.kind === 'null') return nullable(b);
  if (b.kind === 'null') return nullable(a);
  if (a.kind === 'nullable' || b.kind === 'nullable') return nullable(join(unwrap(a), unwrap(b)));
  if (a.kind === 'late' || b.kind === 'late') return late;
  if (a.kind === 'list' && b.kind === 'list') return listOf(join(a.element, b.element));
  if (a.kind === 'record' && b.kind === 'record' && a.name === b.name) return a;
  if ((a.kind === 'map' || a.kind === 'record') && (b.kind === 'map' || b.kind === 'record'))
    return mapOf(join(memberOf(a), memberOf(b)));
  return a.kind === b.kind ? a : dyn;
}

/** The type of any member of a map or record. */
export function memberOf(type: Type): Type {
  if (type.kind === 'map') return type.value;
  if (type.kind !== 'record') return dyn;
  return [...Object.values(type.fields), ...(type.prefixes ?? []).map((one) => one.type)].reduce(join, never);
}

/** As messages say it: `text`, `a list of whole numbers`. */
export function describe(type: Type): string {
  switch (type.kind) {
    case 'record':
      return type.name;
    case 'list':
      return type.element.kind === 'never' || type.element.kind === 'dyn'
        ? 'a list'
        : `a list of ${describe(type.element)}`;
    case 'nullable':
      return `${describe(type.of)} or null`;
    default:
      return words[type.kind];
  }
}

const words: Readonly<Record<Exclude<Type['kind'], 'record' | 'list' | 'nullable'>, string>> = {
  dyn: 'anything',
  null: 'null',
  bool: 'true or false',
  int: 'a whole number',
  double: 'a number',
  string: 'text',
  bytes: 'bytes',
  late: 'a late value',
  never: 'nothing',
  map: 'a map',
};
