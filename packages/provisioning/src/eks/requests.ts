import { canonicalJson, type Json, type JsonObject } from '@roadstead/foundation';
import { at, clusterFields, type EksCall, enabledLogTypes, type FieldDifference } from '../plan/eks-fields.ts';

const logTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

/** The part of an UpdateClusterConfig request that one kind of change carries, as far as stated: EKS takes one kind at a time. */
export function clusterUpdateBody(call: EksCall, desired: JsonObject): JsonObject {
  if (call === 'UpdateClusterConfig:logging') return { logging: loggingBody(desired) };
  const paths = clusterFields.filter((rule) => rule.how === 'in-place' && rule.call === call).map(({ path }) => path);
  return pickPaths(desired, paths);
}

function pickPaths(value: JsonObject, paths: readonly string[]): JsonObject {
  const heads = [...new Set(paths.map((path) => path.split('.')[0] ?? ''))];
  const picked = heads.flatMap((head): (readonly [string, Json])[] => {
    const member = value[head];
    if (member === undefined) return [];
    if (paths.includes(head)) return [[head, member]];
    const inside = pickPaths(
      asObject(member),
      paths.filter((path) => path.startsWith(`${head}.`)).map((path) => path.slice(head.length + 1)),
    );
    return Object.keys(inside).length === 0 ? [] : [[head, inside]];
  });
  return Object.fromEntries(picked);
}

/** EKS wants the types that are off said too. */
function loggingBody(desired: JsonObject): JsonObject {
  const on = enabledLogTypes(desired.logging);
  const off = logTypes.filter((type) => !on.includes(type));
  const setups = [
    { types: on, enabled: true },
    { types: off, enabled: false },
  ];
  return { clusterLogging: setups.filter(({ types }) => types.length > 0) };
}

/** The UpdateNodegroupConfig request that takes a node group from what is described to what is desired. */
export function nodeGroupConfigBody(
  desired: JsonObject,
  described: JsonObject,
  changed: readonly FieldDifference[],
): JsonObject {
  const has = (prefix: string) => changed.some(({ path }) => path === prefix || path.startsWith(`${prefix}.`));
  return {
    ...(has('scalingConfig') ? { scalingConfig: scalingBody(desired, described) } : {}),
    ...(has('labels') ? { labels: labelsBody(asObject(desired.labels), asObject(described.labels)) } : {}),
    ...(has('taints') ? { taints: taintsBody(asList(desired.taints), asList(described.taints)) } : {}),
    ...(has('updateConfig') ? pickMembers(desired, ['updateConfig']) : {}),
    ...(has('nodeRepairConfig') ? pickMembers(desired, ['nodeRepairConfig']) : {}),
    ...(has('warmPoolConfig') ? pickMembers(desired, ['warmPoolConfig']) : {}),
  };
}

/** The autoscaler owns the desired size: it is sent only because EKS refuses bounds that it lies outside of. */
function scalingBody(desired: JsonObject, described: JsonObject): JsonObject {
  const minSize = numberAt(desired, 'scalingConfig.minSize') ?? numberAt(described, 'scalingConfig.minSize') ?? 0;
  const maxSize = numberAt(desired, 'scalingConfig.maxSize') ?? numberAt(described, 'scalingConfig.maxSize') ?? minSize;
  const now = numberAt(described, 'scalingConfig.desiredSize') ?? minSize;
  return { minSize, maxSize, desiredSize: Math.min(maxSize, Math.max(minSize, now)) };
}

function labelsBody(will: JsonObject, was: JsonObject): JsonObject {
  const addOrUpdateLabels = Object.fromEntries(Object.entries(will).filter(([key, value]) => was[key] !== value));
  const removeLabels = Object.keys(was).filter((key) => !(key in will));
  return {
    ...(Object.keys(addOrUpdateLabels).length === 0 ? {} : { addOrUpdateLabels }),
    ...(removeLabels.length === 0 ? {} : { removeLabels }),
  };
}

function taintsBody(will: readonly Json[], was: readonly Json[]): JsonObject {
  const key = (taint: Json) => `${at(taint, 'key')}:${at(taint, 'effect')}`;
  const before = new Set(was.map(canonicalJson));
  const kept = new Set(will.map(key));
  const addOrUpdateTaints = will.filter((taint) => !before.has(canonicalJson(taint)));
  const removeTaints = was.filter((taint) => !kept.has(key(taint)));
  return {
    ...(addOrUpdateTaints.length === 0 ? {} : { addOrUpdateTaints }),
    ...(removeTaints.length === 0 ? {} : { removeTaints }),
  };
}

/**
 * The UpdateNodegroupVersion request: the parts that differ, in one rolling update. The AMI's release goes along each time
 * where it is stated: left out, EKS takes the latest, and inputs are sticky.
 */
export function nodeGroupVersionBody(desired: JsonObject, changed: readonly FieldDifference[]): JsonObject {
  const has = (path: string) => changed.some((difference) => difference.path === path);
  const template = asObject(desired.launchTemplate);
  return {
    ...(has('version') ? pickMembers(desired, ['version']) : {}),
    ...pickMembers(desired, ['releaseVersion']),
    ...(has('launchTemplate.version') ? { launchTemplate: { ...template, version: String(template.version) } } : {}),
  };
}

/** The members of an object that it states, among those named. */
export function pickMembers(value: Json | undefined, keys: readonly string[]): JsonObject {
  const source = asObject(value);
  return Object.fromEntries(keys.flatMap((key) => (source[key] === undefined ? [] : [[key, source[key]] as const])));
}

function numberAt(value: JsonObject, path: string): number | undefined {
  const found = at(value, path);
  return typeof found === 'number' ? found : undefined;
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
