import type { ChangeClass, FieldChange } from '@roadstead/definition';
import { canonicalJson, type Json, type JsonObject } from '@roadstead/foundation';
import type { ObservedStack, ResourceDrift } from '../observe/observed.ts';
import type { DesiredStack } from './desired.ts';
import { lateReferences } from './late-values.ts';
import { isReplacing } from './replacing-properties.ts';

export interface StackDiff {
  readonly fields: readonly FieldChange[];
  /** The worst of what the differences do, by the table; the change set refines it. */
  readonly class: ChangeClass;
  /** Names of outputs whose value the change may move. */
  readonly movingOutputs: readonly string[];
  /** Whether something was changed outside of CloudFormation. */
  readonly drifted: boolean;
  /** Whether template, parameters or tags ask for a stack update; protection alone is a call of its own. */
  readonly needsUpdate: boolean;
  /** Resources that go or are replaced, by logical id: what a change set may do no more than. */
  readonly removed: readonly string[];
  readonly replaced: readonly string[];
}

/** Compares a stack as it should be with what is there: template, parameters, tags, protection, and drift. */
export function diffStack(desired: DesiredStack, observed: ObservedStack): StackDiff {
  const before = observed.template ?? {};
  const parameters = diffParameters(desired, observed);
  const resources = diffResources(
    desired,
    before,
    new Set(parameters.map((change) => change.path.split('.')[1] ?? '')),
  );
  const sections = diffSections(desired.template, before);
  const tags = diffMap('tags', desired.tags, pick(observed.tags, Object.keys(desired.tags)));
  const drift = (observed.drifts ?? []).flatMap(driftFields);
  const protection: FieldChange[] =
    desired.terminationProtection === observed.terminationProtection
      ? []
      : [{ path: 'terminationProtection', from: observed.terminationProtection, to: desired.terminationProtection }];
  const updates = [...resources.fields, ...parameters, ...sections, ...tags, ...drift];
  return {
    fields: [...updates, ...protection],
    class: classOf(resources, updates.length + protection.length),
    movingOutputs: movingOutputs(desired.template, observed, resources),
    drifted: drift.length > 0,
    needsUpdate: updates.length > 0,
    removed: resources.removed,
    replaced: resources.replaced,
  };
}

function classOf(resources: ResourceDiff, count: number): ChangeClass {
  if (resources.replaced.length > 0) return 'replace';
  if (resources.removed.length > 0) return 'disruptive';
  return count > 0 ? 'safe' : 'none';
}

interface ResourceDiff {
  readonly fields: readonly FieldChange[];
  readonly changed: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

function diffResources(
  desired: DesiredStack,
  before: JsonObject,
  changedParameters: ReadonlySet<string>,
): ResourceDiff {
  const was = asObject(before.Resources);
  const will = asObject(desired.template.Resources);
  const ids = [...new Set([...Object.keys(will), ...Object.keys(was)])].sort();
  const own = ids.map((id) => diffResource(id, was[id], will[id], changedParameters));
  const diffs = withDependents(own, will);
  const chosen = (test: (diff: OneResource) => boolean) => diffs.filter(test).map((diff) => diff.id);
  const replaced = new Set(chosen((diff) => diff.kind === 'replaced'));
  return {
    fields: diffs.flatMap((diff) => diff.fields),
    changed: chosen((diff) => diff.kind !== 'same' || refersTo(will[diff.id], replaced)),
    replaced: [...replaced],
    removed: chosen((diff) => diff.kind === 'removed'),
    added: chosen((diff) => diff.kind === 'added'),
  };
}

/** What stands on a resource that is replaced is replaced with it, and what stands on that. */
function withDependents(diffs: readonly OneResource[], will: JsonObject): readonly OneResource[] {
  const replaced = new Set(diffs.filter(({ kind }) => kind === 'replaced').map(({ id }) => id));
  const next = diffs.map((diff): OneResource => {
    if (diff.kind === 'replaced' || diff.kind === 'removed' || diff.kind === 'added') return diff;
    const type = typeOf(will[diff.id]);
    const follows = Object.entries(asObject(asObject(will[diff.id]).Properties)).flatMap(([name, value]) => {
      const base = isReplacing(type, name) ? [...replaced].find((id) => refersTo(value, new Set([id]))) : undefined;
      return base === undefined
        ? []
        : [{ path: `Resources.${diff.id}.Properties.${name}`, to: `(of another ${base})` }];
    });
    return follows.length === 0 ? diff : { ...diff, kind: 'replaced', fields: [...diff.fields, ...follows] };
  });
  const more = next.filter(({ kind }) => kind === 'replaced').length > replaced.size;
  return more ? withDependents(next, will) : next;
}

interface OneResource {
  readonly id: string;
  readonly kind: 'same' | 'added' | 'removed' | 'changed' | 'replaced';
  readonly fields: readonly FieldChange[];
}

function diffResource(
  id: string,
  was: Json | undefined,
  will: Json | undefined,
  changedParameters: ReadonlySet<string>,
): OneResource {
  const path = `Resources.${id}`;
  if (was === undefined) return { id, kind: 'added', fields: [{ path, to: typeOf(will) }] };
  if (will === undefined) return { id, kind: 'removed', fields: [{ path, from: typeOf(was) }] };
  if (typeOf(was) !== typeOf(will)) {
    return { id, kind: 'replaced', fields: [{ path: `${path}.Type`, from: typeOf(was), to: typeOf(will) }] };
  }
  const { Properties: wasProperties, ...wasRest } = asObject(was);
  const { Properties: willProperties, ...willRest } = asObject(will);
  const properties = diffMap(`${path}.Properties`, asObject(willProperties), asObject(wasProperties));
  const byParameter = Object.entries(asObject(willProperties)).filter(([, value]) =>
    refersTo(value, changedParameters),
  );
  const rest = diffMap(path, willRest, wasRest);
  const names = [
    ...properties.map((change) => change.path.slice(path.length + 12)),
    ...byParameter.map(([name]) => name),
  ];
  const replaces = names.some((name) => isReplacing(typeOf(will), name));
  const touched = names.length + rest.length > 0;
  return {
    id,
    kind: replaces ? 'replaced' : touched ? 'changed' : 'same',
    fields: [...properties, ...rest],
  };
}

/** Parameters whose value changes, and those whose value is not known yet. Values that AWS hides cannot be compared. */
function diffParameters(desired: DesiredStack, observed: ObservedStack): FieldChange[] {
  return Object.entries(desired.parameters).flatMap(([name, to]) => {
    const from = observed.parameters[name];
    if (from !== undefined && /^\*+$/.test(from)) return [];
    if (lateReferences(to).length === 0 && from === String(to)) return [];
    return [{ path: `Parameters.${name}`, ...(from === undefined ? {} : { from }), to }];
  });
}

const otherSections = ['Conditions', 'Mappings', 'Outputs', 'Parameters'] as const;

function diffSections(will: JsonObject, was: JsonObject): FieldChange[] {
  const named = otherSections.flatMap((section) =>
    diffMap(
      section === 'Parameters' ? 'ParameterDeclarations' : section,
      asObject(will[section]),
      asObject(was[section]),
    ),
  );
  const rest = (template: JsonObject) =>
    Object.fromEntries(
      Object.entries(template).filter(
        ([key]) => key !== 'Resources' && !otherSections.some((section) => section === key),
      ),
    );
  return [...named, ...diffMap('Template', rest(will), rest(was))];
}

function driftFields(drift: ResourceDrift): FieldChange[] {
  const path = `Resources.${drift.logicalId}`;
  if (drift.status === 'DELETED') return [{ path, to: drift.type }];
  return drift.differences.map((difference) => ({
    path: `${path}.Properties${difference.path.replaceAll('/', '.')}`,
    ...(isNothing(difference.actual) ? {} : { from: difference.actual }),
    ...(isNothing(difference.expected) ? {} : { to: difference.expected }),
  }));
}

/** CloudFormation writes a value that is not there as the text `null`. */
function isNothing(value: string | undefined): boolean {
  return value === undefined || value === 'null';
}

/**
 * Outputs that may have another value afterwards: an attribute of a resource that changes, anything of a resource that
 * is new or replaced, and outputs that are not there yet. The id of a resource that is changed in place stays.
 */
function movingOutputs(template: JsonObject, observed: ObservedStack, resources: ResourceDiff): string[] {
  const changed = new Set(resources.changed);
  const other = new Set([...resources.replaced, ...resources.added]);
  return Object.entries(asObject(template.Outputs))
    .filter(([name, output]) => {
      if (observed.outputs[name] === undefined) return true;
      const used = referencesOf(asObject(output).Value);
      return used.attributes.some((id) => changed.has(id)) || used.ids.some((id) => other.has(id));
    })
    .map(([name]) => name);
}

interface References {
  readonly ids: readonly string[];
  readonly attributes: readonly string[];
}

/** Which resources (or parameters) a template value refers to, by id and by attribute. */
export function referencesOf(value: Json | undefined): References {
  const ids: string[] = [];
  const attributes: string[] = [];
  const walk = (node: Json | undefined): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (typeof node !== 'object' || node === null) return;
    for (const [key, member] of Object.entries(node)) {
      if (key === 'Ref' && typeof member === 'string') ids.push(member);
      else if (key === 'Fn::GetAtt') attributes.push(...getAttTarget(member));
      else if (key === 'Fn::Sub') readSub(member, ids, attributes, walk);
      else walk(member);
    }
  };
  walk(value);
  return { ids, attributes };
}

function getAttTarget(value: Json): string[] {
  if (typeof value === 'string') return [value.split('.')[0] ?? ''];
  const first = Array.isArray(value) ? (value as readonly Json[])[0] : undefined;
  return typeof first === 'string' ? [first] : [];
}

function readSub(value: Json, ids: string[], attributes: string[], walk: (node: Json | undefined) => void): void {
  const [text, given] = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const own = new Set(Object.keys(asObject(given)));
  walk(given);
  if (typeof text !== 'string') return;
  for (const match of text.matchAll(/\$\{([^!}][^}]*)\}/g)) {
    const name = (match[1] ?? '').trim();
    if (own.has(name)) continue;
    const dot = name.indexOf('.');
    if (dot < 0) ids.push(name);
    else attributes.push(name.slice(0, dot));
  }
}

function refersTo(value: Json | undefined, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  const used = referencesOf(value);
  return [...used.ids, ...used.attributes].some((name) => names.has(name));
}

function diffMap(path: string, will: JsonObject, was: JsonObject): FieldChange[] {
  const keys = [...new Set([...Object.keys(will), ...Object.keys(was)])].sort();
  return keys.flatMap((key) => {
    const from = was[key];
    const to = will[key];
    if (canonicalJson(from) === canonicalJson(to)) return [];
    return [{ path: `${path}.${key}`, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });
}

function pick(map: { readonly [key: string]: string }, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (map[key] === undefined ? [] : [[key, map[key]] as const])));
}

function typeOf(resource: Json | undefined): string {
  const type = asObject(resource).Type;
  return typeof type === 'string' ? type : '';
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
