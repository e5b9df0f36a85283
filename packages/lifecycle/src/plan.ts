import { type Change, type ChangeClass, changeClasses, type Phase } from '@roadstead/definition';

/** Where a plan was made: what the header of every plan names, so that nobody changes the wrong account. */
export interface PlanHeader {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
  /** The AWS endpoint when it is not AWS's own, as with the sandbox. */
  readonly endpoint?: string;
  /** ARN of who would act. */
  readonly caller: string;
  /** Absent for `down`, which reads none. */
  readonly channel?: string;
  readonly kubernetes: string;
}

/** The difference between a release and what is there. A plan never writes. */
export interface Plan {
  readonly kind: 'up' | 'down';
  readonly header: PlanHeader;
  readonly version: string;
  /** Of the release; absent for `down`. */
  readonly digest?: string;
  readonly changes: readonly Change[];
  /** What a person should know though nothing changes for it: findings of the file, ends of support. */
  readonly warnings: readonly string[];
}

/** The class of the most disturbing change; `none` for an empty plan. */
export function planClass(changes: readonly Change[]): ChangeClass {
  const rank = Math.max(0, ...changes.map((change) => changeClasses.indexOf(change.class)));
  return changeClasses[rank] ?? 'none';
}

/** One thing that is executed: a change of AWS, or all changes of one component. */
export interface PlannedStep {
  /** The id of its plan line, or `component/<name>` for the lines of one component. */
  readonly id: string;
  readonly phase: Phase;
  readonly what: string;
  readonly usualSeconds?: number;
  readonly changes: readonly Change[];
}

/** The one step that deletes objects which are no longer in the release. */
export const pruneStepId = 'prune';

/** Steps that may run together. */
export interface Stage {
  readonly phase: Phase;
  readonly steps: readonly PlannedStep[];
}

/**
 * The stages of an `up`: the batches of AWS changes in their order, then components by `needs` (name → names), then what
 * the release no longer has.
 */
export function upStages(
  batches: readonly (readonly Change[])[],
  objects: readonly Change[],
  needs: ReadonlyMap<string, readonly string[]>,
): Stage[] {
  const pruned = objects.filter((change) => change.action === 'delete');
  const kept = objects.filter((change) => change.action !== 'delete');
  return [...batchStages(batches), ...componentStages(kept, needs), ...pruneStage(pruned)];
}

/** One stage for each batch of changes that may run together. */
export function batchStages(batches: readonly (readonly Change[])[]): Stage[] {
  return batches.flatMap((batch) =>
    batch[0] === undefined ? [] : [{ phase: batch[0].phase, steps: batch.map(stepOf) }],
  );
}

function stepOf(change: Change): PlannedStep {
  const usual = change.usualSeconds === undefined ? {} : { usualSeconds: change.usualSeconds };
  return { id: change.id, phase: change.phase, what: change.what, changes: [change], ...usual };
}

/** The component that a line belongs to: `object/<component>/…`. */
export function componentOf(change: Change): string | undefined {
  const [kind, component] = change.id.split('/');
  return kind === 'object' ? component : undefined;
}

function pruneStage(changes: readonly Change[]): Stage[] {
  if (changes.length === 0) return [];
  return [
    {
      phase: 'manifests',
      steps: [{ id: pruneStepId, phase: 'manifests', what: 'objects no longer in the release', changes }],
    },
  ];
}

function componentStages(changes: readonly Change[], needs: ReadonlyMap<string, readonly string[]>): Stage[] {
  const names = [...new Set(changes.map(componentOf).filter((name) => name !== undefined))].sort();
  const levels = new Map(names.map((name) => [name, levelOf(name, needs, [])]));
  const used = [...new Set(levels.values())].sort((a, b) => a - b);
  return used.map((level) => ({
    phase: 'manifests',
    steps: names.filter((name) => levels.get(name) === level).map((name) => componentStep(name, changes)),
  }));
}

function componentStep(name: string, changes: readonly Change[]): PlannedStep {
  const own = changes.filter((change) => componentOf(change) === name);
  return { id: `component/${name}`, phase: 'manifests', what: `component ${name}`, changes: own };
}

/** How long the chain of needs below a component is. A cycle is refused by the channel's check, long before. */
function levelOf(name: string, needs: ReadonlyMap<string, readonly string[]>, above: readonly string[]): number {
  if (above.includes(name)) throw new Error(`components need each other: ${[...above, name].join(' → ')}`);
  const below = (needs.get(name) ?? []).map((other) => levelOf(other, needs, [...above, name]));
  return below.length === 0 ? 0 : 1 + Math.max(...below);
}
