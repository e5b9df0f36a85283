import { readFileSync } from 'node:fs';

/** What a property may hold: a primitive, or a list, map, named definition or choice of them. */
export type PropertyType =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'json'
  | 'tag'
  | { readonly list: PropertyType }
  | { readonly map: PropertyType }
  | { readonly definition: string }
  | { readonly any: readonly PropertyType[] };

export interface PropertySpec {
  readonly type: PropertyType;
  readonly required?: boolean;
  /** What a change of it does to the resource; absent = updated in place. */
  readonly replace?: 'yes' | 'maybe';
}

/** One resource type, as AWS's specification says it. */
export interface ResourceSpec {
  readonly properties: Readonly<Record<string, PropertySpec>>;
  /** What `Fn::GetAtt` may name. */
  readonly attributes: readonly string[];
  readonly tags?: { readonly property: string; readonly variant: 'standard' | 'asg' | 'map' };
  readonly definitions: Readonly<Record<string, Readonly<Record<string, PropertySpec>>>>;
}

const table: Readonly<Record<string, ResourceSpec>> = JSON.parse(
  readFileSync(new URL('../generated/resource-spec.json', import.meta.url), 'utf8'),
);

/** The specification of a resource type; `undefined` for one that is not carried. */
export function resourceSpec(type: string): ResourceSpec | undefined {
  return Object.hasOwn(table, type) ? table[type] : undefined;
}
