import { canonicalJson } from '@roadstead/foundation';
import type { Plan } from '@roadstead/lifecycle';

/** What a fresh plan has that a kept one did not: the reasons not to apply it. Empty when the kept one still holds. */
export function unplannedLines(saved: Plan, fresh: Plan): string[] {
  const place = ({ header }: Plan): string => [header.account, header.region, header.cluster].join('/');
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
