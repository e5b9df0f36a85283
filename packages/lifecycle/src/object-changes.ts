import { type Change, type ChangeClass, changeClasses, type FieldChange } from '@roadstead/definition';
import {
  describeRef,
  groupKindOf,
  type ObjectChange,
  type ObjectRef,
  type ReleaseComponent,
  refOf,
} from '@roadstead/kubernetes';

/** What an object change says in a plan, or why there can be no plan, or what a person should know. */
export interface ObjectLines {
  readonly changes: readonly Change[];
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/** The plan lines of objects that were compared with what is there. */
export function linesOfObjects(changes: readonly ObjectChange[]): ObjectLines {
  return {
    changes: changes.flatMap((change) => lineOf(change) ?? []),
    refusals: changes.flatMap((change) => refusalOf(change) ?? []),
    warnings: changes
      .filter(({ kind }) => kind === 'retain')
      .map((change) => `${describeRef(change.ref)} stays: ${change.why}`),
  };
}

/** The plan lines while there is no API server to compare with: everything is to be made. */
export function linesWithoutCluster(components: readonly ReleaseComponent[]): Change[] {
  return components.flatMap(({ name, objects }) =>
    objects.map((object) => ({
      id: lineId(name, refOf(object)),
      phase: 'manifests' as const,
      action: 'create' as const,
      class: 'safe' as const,
      what: describeRef(refOf(object)),
      why: 'declared, not there yet',
      fields: [],
    })),
  );
}

function lineId(component: string, ref: ObjectRef): string {
  return `object/${component}/${groupKindOf(ref)}/${ref.namespace ?? '-'}/${ref.name}`;
}

const actions = { create: 'create', update: 'update', move: 'update', replace: 'replace', prune: 'delete' } as const;

function lineOf(change: ObjectChange): Change | undefined {
  const { kind } = change;
  if (kind === 'none' || kind === 'retain' || kind === 'conflict' || kind === 'refused') return undefined;
  return {
    id: lineId(change.component, change.ref),
    phase: 'manifests',
    action: actions[kind],
    class: change.class,
    what: describeRef(change.ref),
    why: change.why,
    fields: change.fields.map(fieldOf),
    ...(kind === 'update' && change.drift ? { drift: true } : {}),
    ...('knownAfter' in change && change.knownAfter !== undefined
      ? { knownAfter: [`known after ${change.knownAfter}`] }
      : {}),
  };
}

function fieldOf(field: ObjectChange['fields'][number]): FieldChange {
  if (field.sensitive === true) return { path: field.path, from: '(sensitive)', to: '(sensitive, changed)' };
  return {
    path: field.path,
    ...('from' in field ? { from: field.from } : {}),
    ...('to' in field ? { to: field.to } : {}),
  };
}

function refusalOf(change: ObjectChange): string | undefined {
  if (change.kind === 'refused') return `${describeRef(change.ref)} (component ${change.component}): ${change.why}`;
  if (change.kind !== 'conflict') return undefined;
  const held = change.conflicts.map(({ field, manager }) => `${field} is held by ${manager}`).join(', ');
  return `${describeRef(change.ref)} (component ${change.component}): ${held}`;
}

/**
 * What has come up since the plan was shown: lines that it did not have, or has with a lower class. What has become
 * less is fine. Empty when what would be applied is what was planned.
 */
export function movedSince(planned: readonly Change[], now: readonly Change[]): readonly Change[] {
  const rank = (name: ChangeClass): number => changeClasses.indexOf(name);
  const shown = new Map(planned.map((change) => [change.id, change]));
  return now.filter((change) => {
    const before = shown.get(change.id);
    if (before === undefined) return true;
    return before.action !== change.action || rank(change.class) > rank(before.class);
  });
}
