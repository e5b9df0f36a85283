import { type Change, type ChangeClass, changeClasses, type Phase, phases } from '@roadstead/definition';

/** Where a plan was made: what the header of every plan names, so that nobody changes the wrong account. */
export interface PlanHeader {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
  /** The AWS endpoint when it is not AWS's own, as with the sandbox. */
  readonly endpoint?: string;
  /** ARN of who would act. */
  readonly caller: string;
  readonly channel: string;
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
 * The order of a run. `up` walks the phases forwards, `down` backwards. Inside a phase what is made comes before what
 * is deleted, a stack before what stands on it, and what stands on a stack goes before the stack. Components follow
 * `needs`, given as name → names.
 */
export function orderStages(
  plan: Pick<Plan, 'kind' | 'changes'>,
  needs: ReadonlyMap<string, readonly string[]>,
): Stage[] {
  const walk = plan.kind === 'up' ? phases : phases.toReversed();
  return walk.flatMap((phase) => {
    const changes = plan.changes.filter((change) => change.phase === phase);
    const components = [
      ...componentStages(
        phase,
        changes.filter((change) => !isPruned(change)),
        needs,
      ),
      ...pruneStage(phase, changes.filter(isPruned)),
    ];
    const rest = changes.filter((change) => componentOf(change) === undefined);
    const ranks = [...new Set(rest.map(rankInPhase))].sort((a, b) => a - b);
    const stages = ranks.map((rank) => ({
      phase,
      steps: rest.filter((change) => rankInPhase(change) === rank).map(stepOf),
    }));
    return plan.kind === 'up' ? [...stages, ...components] : [...components.toReversed(), ...stages];
  });
}

function rankInPhase(change: Change): number {
  const isStack = change.id.startsWith('stack/');
  if (change.action === 'delete') return isStack ? 3 : 2;
  return isStack ? 0 : 1;
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

/** An object that the release no longer has. Such go last, when every component has what it keeps. */
function isPruned(change: Change): boolean {
  return change.action === 'delete' && componentOf(change) !== undefined;
}

function pruneStage(phase: Phase, changes: readonly Change[]): Stage[] {
  if (changes.length === 0) return [];
  return [{ phase, steps: [{ id: pruneStepId, phase, what: 'objects no longer in the release', changes }] }];
}

function componentStages(
  phase: Phase,
  changes: readonly Change[],
  needs: ReadonlyMap<string, readonly string[]>,
): Stage[] {
  const names = [...new Set(changes.map(componentOf).filter((name) => name !== undefined))].sort();
  const levels = new Map<string, number>();
  for (const name of names) levels.set(name, levelOf(name, needs, []));
  const used = [...new Set(levels.values())].sort((a, b) => a - b);
  return used.map((level) => ({
    phase,
    steps: names
      .filter((name) => levels.get(name) === level)
      .map((name) => ({
        id: `component/${name}`,
        phase,
        what: `component ${name}`,
        changes: changes.filter((change) => componentOf(change) === name),
      })),
  }));
}

/** How long the chain of needs below a component is. A cycle is refused by the channel's check, long before. */
function levelOf(name: string, needs: ReadonlyMap<string, readonly string[]>, above: readonly string[]): number {
  if (above.includes(name)) throw new Error(`components need each other: ${[...above, name].join(' → ')}`);
  const below = (needs.get(name) ?? []).map((other) => levelOf(other, needs, [...above, name]));
  return below.length === 0 ? 0 : 1 + Math.max(...below);
}
