import { writeFileSync } from 'node:fs';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType as SourceType } from '@aws-cdk/service-spec-types';
import { carriedTypes } from './carried-types.ts';
import type { PropertySpec, PropertyType, ResourceSpec } from './resource-spec.ts';

type Database = ReturnType<typeof loadAwsServiceSpecSync>;
interface SourceProperty {
  readonly type: SourceType;
  readonly required?: boolean;
  readonly causesReplacement?: 'yes' | 'no' | 'maybe';
}

/**
 * The table of what resource types hold, cut from AWS's published specification (`@aws-cdk/aws-service-spec`) to the
 * types carried here, as canonical text: what `generated/resource-spec.json` holds.
 */
export function generateSpecText(): string {
  const db = loadAwsServiceSpecSync();
  const resources = Object.fromEntries(carriedTypes.map((type) => [type, resourceSpec(db, type)]));
  return `${JSON.stringify(resources, undefined, 1)}\n`;
}

function resourceSpec(db: Database, type: string): ResourceSpec {
  const resource = db.lookup('resource', 'cloudFormationType', 'equals', type).only();
  const definitions: Record<string, Record<string, PropertySpec>> = {};
  const properties = encodeProperties(db, resource.properties, definitions);
  return {
    properties,
    attributes: Object.keys(resource.attributes).sort(),
    ...(resource.tagInformation === undefined
      ? {}
      : { tags: { property: resource.tagInformation.tagPropertyName, variant: resource.tagInformation.variant } }),
    definitions: sorted(definitions),
  };
}

function encodeProperties(
  db: Database,
  source: Readonly<Record<string, SourceProperty>>,
  definitions: Record<string, Record<string, PropertySpec>>,
): Record<string, PropertySpec> {
  const encoded = Object.entries(source).map(([name, property]): [string, PropertySpec] => [
    name,
    {
      type: encodeType(db, property.type, definitions),
      ...(property.required === true ? { required: true } : {}),
      ...(property.causesReplacement === 'yes' || property.causesReplacement === 'maybe'
        ? { replace: property.causesReplacement }
        : {}),
    },
  ]);
  return sorted(Object.fromEntries(encoded));
}

function encodeType(
  db: Database,
  source: SourceType,
  definitions: Record<string, Record<string, PropertySpec>>,
): PropertyType {
  switch (source.type) {
    case 'array':
      return { list: encodeType(db, source.element, definitions) };
    case 'map':
      return { map: encodeType(db, source.element, definitions) };
    case 'union':
      return { any: source.types.map((member) => encodeType(db, member, definitions)) };
    case 'ref': {
      const definition = db.get('typeDefinition', source.reference);
      if (definitions[definition.name] === undefined) {
        definitions[definition.name] = {};
        definitions[definition.name] = encodeProperties(db, definition.properties, definitions);
      }
      return { definition: definition.name };
    }
    case 'date-time':
    case 'null':
      return 'json';
    default:
      return source.type;
  }
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

if (import.meta.main) writeFileSync(new URL('../generated/resource-spec.json', import.meta.url), generateSpecText());
