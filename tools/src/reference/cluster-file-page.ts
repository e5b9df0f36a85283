import { cell, table } from './markdown.ts';

/** What this page reads of a JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

/** The page of every field of a cluster file, from its published JSON Schema. */
export function clusterFilePage(schema: Record<string, unknown>): string {
  return [
    '# The cluster file',
    '',
    '`roadstead schema` prints this as JSON Schema, for completion and checks in editors. A field of a list has `[]` in its path.',
    '',
    ...table(['Field', 'Type', 'Default', 'Means'], rowsOf(schema as Schema, '')),
    '',
  ].join('\n');
}

function rowsOf(schema: Schema, path: string): readonly (readonly string[])[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const whole = path === '' ? name : `${path}.${name}`;
    const row = [`\`${whole}\``, typeOf(field), defaultOf(field, required.has(name)), cell(field.description ?? '')];
    return [row, ...rowsOf(field, whole), ...(field.items === undefined ? [] : rowsOf(field.items, `${whole}[]`))];
  });
}

function defaultOf(field: Schema, required: boolean): string {
  // A group of fields whose own fields all have defaults says nothing with an empty one.
  if (field.default === undefined || (field.properties !== undefined && JSON.stringify(field.default) === '{}'))
    return required ? '**required**' : '';
  return `\`${JSON.stringify(field.default)}\``;
}

function typeOf(field: Schema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(' · ');
  if (field.anyOf !== undefined) return field.anyOf.map(typeOf).join(' or ');
  if (field.type === 'array') return `list of ${field.items === undefined ? 'values' : typeOf(field.items)}`;
  if (field.type === 'object') return field.properties === undefined ? 'map' : 'fields';
  return `${field.type ?? 'value'}${rangeOf(field)}`;
}

function rangeOf({ minimum, maximum, pattern }: Schema): string {
  if (pattern !== undefined) return ` matching \`${cell(pattern)}\``;
  const bounds = [
    ...(minimum === undefined || minimum < -1e9 ? [] : [`from ${minimum}`]),
    ...(maximum === undefined || maximum > 1e9 ? [] : [`to ${maximum}`]),
  ];
  return bounds.length === 0 ? '' : ` ${bounds.join(' ')}`;
}
