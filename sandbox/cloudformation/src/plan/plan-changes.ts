import { canonicalJson } from '@roadstead/foundation';
import { resourceSpec } from '../spec/resource-spec.ts';
import { type Scope, Unknown } from '../template/evaluate.ts';
import type { JsonObject } from '../template/parse.ts';
import type { ResourceDeclaration } from '../template/template.ts';
import { diffProperties, type PropertyChange, type Recreation } from './diff-properties.ts';
import { type Dependencies } from './graph.ts';

/** A resource as a stack has it. */
export interface PresentResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  readonly properties: JsonObject;
  readonly attributes: JsonObject;
  readonly metadata: JsonObject | undefined;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
}

/** What an update would do to one resource. */
export type PlannedChange =
  | { readonly action: 'Add'; readonly logicalId: string; readonly type: string; readonly after: JsonObject }
  | { readonly action: 'Remove'; readonly present: PresentResource }
  | {
      readonly action: 'Modify';
      readonly present: PresentResource;
      readonly after: JsonObject;
      readonly changes: readonly PropertyChange[];
      /** Attributes beside the properties that differ: Metadata, DeletionPolicy, UpdateReplacePolicy. */
      readonly beside: readonly string[];
      readonly replacement: 'True' | 'False' | 'Conditional';
    };

export interface PlanInput {
  readonly present: ReadonlyMap<string, PresentResource>;
  readonly declarations: Readonly<Record<string, ResourceDeclaration>>;
  /** The new model's resources with what each waits for. */
  readonly dependencies: Dependencies;
  /** Evaluates a resource's new properties where others are known as `lookups` says. */
  readonly evaluate: (logicalId: string, lookups: PlanLookups) => JsonObject;
  /** Whether changes that replace under circumstances do; `undefined` = yes. */
  readonly replaces: (type: string, before: JsonObject, after: JsonObject) => boolean | undefined;
}

export type PlanLookups = Pick<Scope, 'physicalId' | 'attribute'>;

/**
 * What an update to a model would do, without doing it. Values of resources that will be new, replaced or changed are
 * unknown until then, as in CloudFormation's change sets: what reads an attribute of a changed resource may change.
 */
export function planChanges(input: PlanInput): PlannedChange[] {
  const fate = new Map<string, 'same' | 'changed' | 'new'>();
  const lookups: PlanLookups = {
    physicalId: (name) => (fate.get(name) === 'new' ? new Unknown([name]) : input.present.get(name)?.physicalId),
    attribute: (name, attribute) =>
      fate.get(name) === 'same'
        ? input.present.get(name)?.attributes[attribute]
        : new Unknown([`${name}.${attribute}`]),
  };
  const planned: PlannedChange[] = [];
  for (const logicalId of inOrder(input.dependencies)) {
    const change = planOne(input, logicalId, lookups);
    fate.set(logicalId, fateOf(change));
    if (change !== undefined) planned.push(change);
  }
  const removed = [...input.present.values()].filter(({ logicalId }) => !input.dependencies.has(logicalId));
  return [...planned, ...removed.map((present): PlannedChange => ({ action: 'Remove', present }))];
}

function planOne(input: PlanInput, logicalId: string, lookups: PlanLookups): PlannedChange | undefined {
  const declaration = input.declarations[logicalId];
  const spec = resourceSpec(declaration?.type ?? '');
  if (declaration === undefined || spec === undefined) throw new Error(`no declaration of ${logicalId}`);
  const after = input.evaluate(logicalId, lookups);
  const present = input.present.get(logicalId);
  if (present === undefined) return { action: 'Add', logicalId, type: declaration.type, after };
  const changes = diffProperties(spec, present.properties, after);
  const beside = besideChanges(present, declaration);
  if (changes.length === 0 && beside.length === 0) return undefined;
  const replaces = () => input.replaces(present.type, present.properties, after) ?? true;
  return { action: 'Modify', present, after, changes, beside, replacement: replacementOf(changes, replaces) };
}

function fateOf(change: PlannedChange | undefined): 'same' | 'changed' | 'new' {
  if (change === undefined) return 'same';
  if (change.action !== 'Modify' || change.replacement !== 'False') return 'new';
  return change.changes.length > 0 ? 'changed' : 'same';
}

function replacementOf(changes: readonly PropertyChange[], replaces: () => boolean): 'True' | 'False' | 'Conditional' {
  const known = (recreation: Recreation) =>
    changes.some((each) => each.recreation === recreation && each.causes.length === 0);
  if (known('Always') || (known('Conditionally') && replaces())) return 'True';
  return changes.some((each) => each.recreation !== 'Never' && each.causes.length > 0) ? 'Conditional' : 'False';
}

function besideChanges(present: PresentResource, declaration: ResourceDeclaration): string[] {
  return [
    ...(canonicalJson(present.metadata) === canonicalJson(declaration.metadata) ? [] : ['Metadata']),
    ...(present.deletionPolicy === declaration.deletionPolicy ? [] : ['DeletionPolicy']),
    ...(present.updateReplacePolicy === declaration.updateReplacePolicy ? [] : ['UpdateReplacePolicy']),
  ];
}

/** The nodes, each after what it waits for; ties in order of name. The graph has no circles. */
export function inOrder(dependencies: Dependencies): string[] {
  const done: string[] = [];
  const open = new Set([...dependencies.keys()].sort());
  while (open.size > 0) {
    const next = [...open].find((node) => ![...(dependencies.get(node) ?? [])].some((need) => open.has(need)));
    if (next === undefined) throw new Error('the graph has a circle');
    open.delete(next);
    done.push(next);
  }
  return done;
}
