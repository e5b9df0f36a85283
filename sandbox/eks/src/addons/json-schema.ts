import { members } from '../shared/read.ts';

/** The part of JSON Schema that the add-ons' configuration schemas use. */
export interface ConfigSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  readonly additionalProperties?: boolean | ConfigSchema;
  readonly items?: ConfigSchema;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly description?: string;
}

/** What does not fit, in the words of the validator EKS uses; empty when all fits. */
export function schemaErrors(schema: ConfigSchema, value: unknown, path = '$'): readonly string[] {
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    return [`${path}: ${typeName(value)} found, ${schema.type} expected`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`${path}: does not have a value in the enumeration [${schema.enum.join(', ')}]`];
  }
  if (typeof value === 'number') return rangeErrors(schema, value, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => schemaErrors(items, item, `${path}[${index}]`));
  }
  return typeof value === 'object' && value !== null ? objectErrors(schema, value, path) : [];
}

function objectErrors(schema: ConfigSchema, value: object, path: string): readonly string[] {
  const missing = (schema.required ?? [])
    .filter((key) => !(key in value))
    .map((key) => `${path}.${key}: is missing but it is required`);
  const found = Object.entries(members(value)).flatMap(([key, member]) => {
    const known = schema.properties?.[key] ?? schema.additionalProperties;
    if (known === false) {
      return [`${path}.${key}: is not defined in the schema and the schema does not allow additional properties`];
    }
    return typeof known === 'object' ? schemaErrors(known, member, `${path}.${key}`) : [];
  });
  return [...missing, ...found];
}

function rangeErrors(schema: ConfigSchema, value: number, path: string): readonly string[] {
  if (schema.minimum !== undefined && value < schema.minimum)
    return [`${path}: must have a minimum value of ${schema.minimum}`];
  if (schema.maximum !== undefined && value > schema.maximum)
    return [`${path}: must have a maximum value of ${schema.maximum}`];
  return [];
}

function isOfType(type: NonNullable<ConfigSchema['type']>, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'array') return Array.isArray(value);
  return typeof value === type;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
