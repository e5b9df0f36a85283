import type { Change } from '@roadstead/definition';
import { takenAlong } from './taken-along.ts';

export interface Stay {
  readonly what: string;
  readonly why: string;
  /** At list price; absent when nobody knows. */
  readonly monthlyUsd?: number;
}

/** The field of the control plane's line that names the security group which EKS made for it. */
export const ownGroupField = 'securityGroup';

/** What a way down removed, what stayed, and what that costs a month. */
export interface Receipt {
  readonly removed: readonly string[];
  readonly stayed: readonly Stay[];
}

/** The receipt of a way down, given the ids of the lines that were carried out. */
export function receiptOf(
  plan: { readonly changes: readonly Change[]; readonly stays: readonly Stay[] },
  done: ReadonlySet<string>,
): Receipt {
  const deletions = plan.changes.filter((change) => change.action === 'delete');
  const left = deletions
    .filter((change) => !done.has(change.id))
    .map((change) => ({ what: change.what, why: 'not removed yet: run `roadstead down` again' }));
  return {
    removed: deletions.filter((change) => done.has(change.id)).flatMap(removedBy),
    stayed: [...plan.stays, ...left],
  };
}

function removedBy(change: Change): string[] {
  const { what, fields } = change;
  const group = fields.find(({ path }) => path === ownGroupField)?.from;
  return [
    what,
    ...(group === undefined ? [] : [`security group ${String(group)}, which EKS made for ${what}`]),
    ...takenAlong(change).map((part) => `${part}, with ${what}`),
  ];
}
