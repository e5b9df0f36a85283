import { problemAt } from '@roadstead/definition';
import { canonicalJson } from '@roadstead/foundation';
import type { Plan } from '@roadstead/lifecycle';
import { WrongInput } from '../output/failure.ts';

/** What of a kept plan decides whether it still holds. */
export interface SavedPlan {
  readonly header: { readonly account: string; readonly region: string; readonly cluster: string };
  readonly digest?: string | undefined;
  readonly changes: readonly SavedChange[];
}

type SavedChange = Pick<Plan['changes'][number], 'id' | 'action' | 'class' | 'fields'>;

/** Reads what `plan --out` wrote. Throws `WrongInput` for anything else. */
export function readSavedPlan(file: string, text: string): SavedPlan {
  const plan = parsed(text);
  if (isSavedPlan(plan)) return plan;
  const fault = { code: 'NOT_A_PLAN', message: 'this is not a plan', hint: 'roadstead plan --out FILE keeps one' };
  throw new WrongInput([problemAt(file, { line: 1, column: 1 }, fault)]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSavedPlan(value: unknown): value is SavedPlan {
  if (!isObject(value) || value['kind'] !== 'up') return false;
  const { header, digest, changes } = value;
  return (
    isObject(header) &&
    ['account', 'region', 'cluster'].every((name) => typeof header[name] === 'string') &&
    (digest === undefined || typeof digest === 'string') &&
    Array.isArray(changes) &&
    changes.every(isSavedChange)
  );
}

function isSavedChange(value: unknown): boolean {
  return (
    isObject(value) &&
    ['id', 'action', 'class'].every((name) => typeof value[name] === 'string') &&
    Array.isArray(value['fields'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What a fresh plan has that a kept one did not: the reasons not to apply it. Empty when the kept one still holds. */
export function unplannedLines(saved: SavedPlan, fresh: Plan): string[] {
  const place = ({ header }: SavedPlan): string => [header.account, header.region, header.cluster].join('/');
  if (place(saved) !== place(fresh)) return [`it is for ${place(saved)}, not for ${place(fresh)}`];
  if (saved.digest !== fresh.digest)
    return ['the file, the channel or the inputs have changed since: it is another release'];
  const before = new Map(saved.changes.map((change) => [change.id, change]));
  return fresh.changes.flatMap((change) => {
    const kept = before.get(change.id);
    if (kept === undefined) return [`${change.what} is new: ${change.why}`];
    const same =
      kept.action === change.action &&
      kept.class === change.class &&
      canonicalJson(kept.fields) === canonicalJson(change.fields);
    return same ? [] : [`${change.what} would now ${change.action} (${change.class}): ${change.why}`];
  });
}
