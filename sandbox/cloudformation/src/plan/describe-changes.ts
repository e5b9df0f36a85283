import { canonicalJson } from '@roadstead/foundation';
import { Unknown } from '../template/evaluate.ts';
import type { JsonObject } from '../template/parse.ts';
import { isJsonObject } from '../template/parse.ts';
import { referencesIn } from '../template/references.ts';
import type { Template } from '../template/template.ts';
import type { PropertyChange } from './diff-properties.ts';
import type { PlannedChange } from './plan-changes.ts';

/** The two templates of an update and the parameters whose values differ. */
export interface ChangeSources {
  readonly before: Template | undefined;
  readonly after: Template;
  readonly changedParameters: ReadonlySet<string>;
  /** The property that holds a type's tags. */
  readonly tagProperty: (type: string) => string | undefined;
}

/** A change as `DescribeChangeSet` with IncludePropertyValues tells it; without, `withoutValues` takes them off. */
export function describeChange(change: PlannedChange, sources: ChangeSources): JsonObject {
  return { Type: 'Resource', ResourceChange: resourceChange(change, sources) };
}

function resourceChange(change: PlannedChange, sources: ChangeSources): JsonObject {
  if (change.action === 'Add') {
    return {
      Action: 'Add',
      LogicalResourceId: change.logicalId,
      ResourceType: change.type,
      Scope: [],
      Details: [],
      AfterContext: context(change.after),
    };
  }
  const { present } = change;
  const known = {
    Action: change.action,
    LogicalResourceId: present.logicalId,
    ...(present.physicalId === undefined ? {} : { PhysicalResourceId: present.physicalId }),
    ResourceType: present.type,
  };
  if (change.action === 'Remove') {
    const retained = present.deletionPolicy !== 'Delete';
    return {
      ...known,
      PolicyAction: retained ? 'Retain' : 'Delete',
      Scope: [],
      Details: [],
      BeforeContext: context(present.properties),
    };
  }
  const details = change.changes.flatMap((each) => propertyDetails(each, present, sources));
  const beside = change.beside.map((attribute) => ({
    Target: { Attribute: attribute, RequiresRecreation: 'Never' },
    Evaluation: 'Static',
    ChangeSource: 'DirectModification',
  }));
  const all = [...details, ...beside];
  return {
    ...known,
    ...(change.replacement === 'False'
      ? {}
      : { PolicyAction: present.updateReplacePolicy === 'Delete' ? 'ReplaceAndDelete' : 'ReplaceAndRetain' }),
    Replacement: change.replacement,
    Scope: [...new Set(all.map((detail) => detail.Target.Attribute))],
    Details: all,
    BeforeContext: context(present.properties),
    AfterContext: context(change.after),
  };
}

interface Detail {
  readonly Target: { readonly Attribute: string; readonly [member: string]: unknown };
  readonly Evaluation: 'Static' | 'Dynamic';
  readonly ChangeSource: string;
  readonly CausingEntity?: string;
}

function propertyDetails(
  change: PropertyChange,
  present: { logicalId: string; type: string },
  sources: ChangeSources,
): Detail[] {
  const name = change.path[0] ?? '';
  const isTags = sources.tagProperty(present.type) === name;
  const target = {
    Attribute: isTags ? 'Tags' : 'Properties',
    ...(isTags ? {} : { Name: name }),
    RequiresRecreation: change.recreation,
    Path: `/Properties/${change.path.join('/')}`,
    ...(change.before === undefined ? {} : { BeforeValue: valueText(change.before) }),
    ...(change.after === undefined ? {} : { AfterValue: valueText(change.after) }),
    AttributeChangeType: change.before === undefined ? 'Add' : change.after === undefined ? 'Remove' : 'Modify',
  };
  const expression = sources.after.resources[present.logicalId]?.properties[name];
  const causes = causingEntities(expression, change, sources);
  const edited =
    canonicalJson(expression) !== canonicalJson(sources.before?.resources[present.logicalId]?.properties[name]);
  const indirect = causes.map((cause): Detail => ({ Target: target, ...cause }));
  if (indirect.length > 0 && !edited) return indirect;
  // A direct change that reads a parameter as well is, to CloudFormation, settled only when it is made.
  const direct: Detail = {
    Target: target,
    Evaluation: indirect.length > 0 ? 'Dynamic' : 'Static',
    ChangeSource: 'DirectModification',
  };
  return [...indirect, direct];
}

function causingEntities(
  expression: unknown,
  change: PropertyChange,
  sources: ChangeSources,
): Pick<Detail, 'Evaluation' | 'ChangeSource' | 'CausingEntity'>[] {
  const unknown = [...new Set(change.causes)].map((cause) => ({
    Evaluation: 'Dynamic' as const,
    ChangeSource: cause.includes('.') ? 'ResourceAttribute' : 'ResourceReference',
    CausingEntity: cause,
  }));
  const parameters = [...new Set(referencesIn(expression).map(({ name }) => name))]
    .filter((name) => sources.changedParameters.has(name))
    .map((name) => ({ Evaluation: 'Static' as const, ChangeSource: 'ParameterReference', CausingEntity: name }));
  return [...unknown, ...parameters];
}

/** The same change as it is told without IncludePropertyValues. */
export function withoutValues(change: JsonObject): JsonObject {
  const { BeforeContext, AfterContext, ...resource } = isJsonObject(change['ResourceChange'])
    ? change['ResourceChange']
    : {};
  const details = Array.isArray(resource['Details']) ? resource['Details'].filter(isJsonObject) : [];
  return { ...change, ResourceChange: { ...resource, Details: details.map(detailWithoutValues) } };
}

function detailWithoutValues(detail: JsonObject): JsonObject {
  const { Path, BeforeValue, AfterValue, AttributeChangeType, ...target } = isJsonObject(detail['Target'])
    ? detail['Target']
    : {};
  return { ...detail, Target: target };
}

function context(properties: JsonObject): string {
  return JSON.stringify({ Properties: readable(properties) });
}

function valueText(value: unknown): string {
  const text = readable(value);
  return typeof text === 'string' ? text : JSON.stringify(text);
}

function readable(value: unknown): unknown {
  if (value instanceof Unknown) return '{{changeSet:KNOWN_AFTER_APPLY}}';
  if (Array.isArray(value)) return value.map(readable);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, readable(member)]));
}
