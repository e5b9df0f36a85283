import { type Change, type ChangeClass, changeClasses, type FieldChange } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';

/** What is applied is what was planned: throws `PLAN_MOVED` when the world now asks for more than the plan's line said. */
export function refuseMoved(
  change: Change,
  now: { readonly class: ChangeClass; readonly fields: readonly FieldChange[] },
): void {
  const allowed = Math.max(changeClasses.indexOf(change.class), changeClasses.indexOf('safe'));
  if (changeClasses.indexOf(now.class) <= allowed) return;
  throw planMoved(change, `it would now be ${now.class}: ${now.fields.map(({ path }) => path).join(', ')}`);
}

export function planMoved(change: Pick<Change, 'id' | 'what'>, why: string): RoadsteadError {
  return new RoadsteadError(`${change.what}: what is there has moved since the plan: ${why}`, {
    code: 'PLAN_MOVED',
    value: change.id,
    hint: 'nothing more was changed; run `roadstead plan` and look again',
  });
}
