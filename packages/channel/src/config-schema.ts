import { type Cluster, type PlacedFault, suggest } from '@roadstead/definition';
import { type Json, type JsonObject, messageOf } from '@roadstead/foundation';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import {
  bool,
  double,
  dyn,
  int,
  listOf,
  mapOf,
  nullable,
  type RecordType,
  record,
  string,
  type Type,
} from './types.ts';

/** A schema's validator, and what it says about the items of a cluster. */
export interface ConfigReader {
  /** The items with their defaults, or what is wrong with each. */
  read(config: Cluster['config']): { readonly config: JsonObject } | { readonly faults: readonly PlacedFault[] };
  /** For the checker. */
  readonly type: RecordType;
  /** Items that the schema calls so. */
  readonly deprecated: readonly string[];
}

function compile(schema: JsonObject): ValidateFunction {
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  ajv.addVocabulary(['secret']);
  return ajv.compile({ ...schema });
}

/** Undefined when the schema can be used; else what is wrong, at the first item that cannot be used alone. */
export function checkConfigSchema(schema: JsonObject): PlacedFault | undefined {
  const hint = 'JSON Schema draft 7: type: object, properties with type, default, description, secret, deprecated';
  const code = 'WRONG_CONFIG_SCHEMA';
  if (schema['type'] !== 'object')
    return { path: ['type'], fault: { code, message: 'the schema of config is not of an object', hint } };
  const properties = (schema['properties'] ?? {}) as { readonly [item: string]: Json };
  for (const [item, definition] of Object.entries(properties)) {
    const message = compileFault({ ...schema, properties: { [item]: definition }, required: [] });
    if (message !== undefined) return { path: ['properties', item], fault: { code, message, hint } };
  }
  const message = compileFault(schema);
  return message === undefined ? undefined : { path: [], fault: { code, message, hint } };
}

function compileFault(schema: JsonObject): string | undefined {
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Compiles a schema once, for any number of clusters. */
export function configReader(schema: JsonObject): ConfigReader {
  const validate = compile(schema);
  const properties = (schema['properties'] ?? {}) as { readonly [item: string]: JsonObject };
  const required = (schema['required'] ?? []) as readonly string[];
  const fields = Object.entries(properties).map(([item, definition]) => {
    const isSure = required.includes(item) || 'default' in definition;
    return [item, isSure ? typeOf(definition) : nullable(typeOf(definition))] as const;
  });
  return {
    type: record('config', Object.fromEntries(fields)),
    deprecated: Object.keys(properties).filter((item) => properties[item]?.['deprecated'] === true),
    read: (given) => {
      const config = structuredClone(given) as { [item: string]: Json };
      const faults = [
        ...secretFaults(config, properties),
        ...(validate(config) ? [] : (validate.errors ?? []).map((error) => faultOf(error, Object.keys(properties)))),
      ];
      if (faults.length > 0) return { faults };
      const unset = Object.keys(properties).filter((item) => !(item in config));
      return { config: { ...config, ...Object.fromEntries(unset.map((item) => [item, null])) } };
    },
  };
}

const secretReference = /^aws:(secretsmanager|ssm):[\w+=.@/:-]+$/;

function secretFaults(config: JsonObject, properties: { readonly [item: string]: JsonObject }): PlacedFault[] {
  return Object.entries(config)
    .filter(
      ([item, value]) =>
        properties[item]?.['secret'] === true && !(typeof value === 'string' && secretReference.test(value)),
    )
    .map(([item]) => ({
      path: [item],
      fault: {
        code: 'SECRET_VALUE',
        message: `${item} is a secret and holds a value instead of a reference`,
        hint: 'aws:secretsmanager:<name> or aws:ssm:<name>',
      },
    }));
}

function faultOf(error: ErrorObject, known: readonly string[]): PlacedFault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
  const name = path.join('.') || 'config';
  if (error.keyword === 'additionalProperties') {
    const { additionalProperty } = error.params as { readonly additionalProperty: string };
    const fault = {
      code: 'UNKNOWN_CONFIG',
      message: `the channel has no config item ${additionalProperty}`,
      hint: path.length > 0 || known.length === 0 ? undefined : suggest(additionalProperty, known),
      value: additionalProperty,
    };
    return { path: [...path, additionalProperty], at: 'key', fault };
  }
  const { allowedValues } = error.params as { readonly allowedValues?: readonly unknown[] };
  return {
    path,
    fault: {
      code: 'WRONG_CONFIG',
      message: `${name} ${error.message ?? 'is wrong'}`,
      hint: allowedValues === undefined ? undefined : `one of ${allowedValues.join(', ')}`,
    },
  };
}

function typeOf(schema: JsonObject): Type {
  switch (schema['type']) {
    case 'boolean':
      return bool;
    case 'integer':
      return int;
    case 'number':
      return double;
    case 'string':
      return string;
    case 'array':
      return listOf(typeof schema['items'] === 'object' ? typeOf(schema['items'] as JsonObject) : dyn);
    case 'object':
      return typeof schema['additionalProperties'] === 'object'
        ? mapOf(typeOf(schema['additionalProperties'] as JsonObject))
        : dyn;
    default:
      return dyn;
  }
}
