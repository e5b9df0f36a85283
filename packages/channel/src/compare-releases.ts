import type { FieldChange } from '@roadstead/definition';
import { canonicalJson, type Json, type JsonObject } from '@roadstead/foundation';
import type { Release } from './release.ts';

/** One thing that differs between two releases. */
export interface ReleaseDifference {
  /** `stack/network`, `eks/cluster`, `eks/node-group/<pool>/<zone>`, `eks/add-on/<name>`, `eks/access/<principal>`, `object/<component>/<group>/<kind>/<namespace>/<name>`. */
  readonly id: string;
  readonly action: 'create' | 'update' | 'delete';
  /** Of an update: each field that differs. */
  readonly fields: readonly FieldChange[];
}

/** What differs between two releases as rendered, whatever is there; sorted by id. */
export function compareReleases(before: Release, after: Release): ReleaseDifference[] {
  const old = partsOf(before);
  const young = partsOf(after);
  const ids = [...new Set([...old.keys(), ...young.keys()])].toSorted();
  return ids.flatMap((id) => difference(id, old.get(id), young.get(id)));
}

function difference(id: string, before: Json | undefined, after: Json | undefined): ReleaseDifference[] {
  if (before === undefined) return [{ id, action: 'create', fields: [] }];
  if (after === undefined) return [{ id, action: 'delete', fields: [] }];
  const fields = compareFields(before, after, '');
  return fields.length === 0 ? [] : [{ id, action: 'update', fields }];
}

function partsOf(release: Release): Map<string, Json> {
  const { eks } = release;
  const parts: (readonly [string, unknown])[] = [
    ...release.stacks.map(({ id, template, parameters }) => [`stack/${id}`, { template, parameters }] as const),
    ['eks/cluster', { ...eks.cluster, logRetentionDays: eks.logRetentionDays }],
    ...eks.nodeGroups.map(
      ({ pool, zone, request }) => [`eks/node-group/${pool}${zone === undefined ? '' : `/${zone}`}`, request] as const,
    ),
    ...eks.addons.map(({ request }) => [`eks/add-on/${request.addonName}`, request] as const),
    ...eks.accessEntries.map(
      (entry) =>
        [
          `eks/access/${typeof entry.principalArn === 'string' ? entry.principalArn : canonicalJson(entry.principalArn)}`,
          entry,
        ] as const,
    ),
    ...eks.podIdentityAssociations.map(
      (one) => [`eks/pod-identity/${one.namespace}/${one.serviceAccount}`, one] as const,
    ),
    ...release.components.flatMap(({ name, objects }) =>
      objects.map((object) => [objectId(name, object), object] as const),
    ),
  ];
  return new Map(parts as (readonly [string, Json])[]);
}

function objectId(component: string, object: JsonObject): string {
  const apiVersion = String(object['apiVersion']);
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const { name, namespace = '' } = object['metadata'] as { readonly name: string; readonly namespace?: string };
  return `object/${component}/${group}/${String(object['kind'])}/${namespace}/${name}`;
}

/** Each leaf that differs. Lists whose items have names are compared by name, others by place. */
export function compareFields(before: Json | undefined, after: Json | undefined, path: string): FieldChange[] {
  if (
    canonicalJson(before ?? null) === canonicalJson(after ?? null) &&
    (before === undefined) === (after === undefined)
  )
    return [];
  const [left, right] = [members(before), members(after)];
  if (left === undefined || right === undefined || Array.isArray(before) !== Array.isArray(after)) {
    return [{ path, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }];
  }
  const steps = [...new Set([...left.keys(), ...right.keys()])];
  return steps.flatMap((step) => compareFields(left.get(step), right.get(step), join(path, step)));
}

function join(path: string, step: string): string {
  return path === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`;
}

function members(value: Json | undefined): Map<string, Json> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value as JsonObject));
  const names = (value as readonly Json[]).map((item) =>
    typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined,
  );
  const areNamed = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
  return new Map(
    (value as readonly Json[]).map((item, index) => [areNamed ? `[name=${String(names[index])}]` : `[${index}]`, item]),
  );
}
