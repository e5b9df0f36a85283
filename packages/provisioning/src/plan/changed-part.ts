import type { Change, ChangeClass } from '@roadstead/definition';
import type { FieldDifference } from './eks-fields.ts';
import { lateMembers, shownFields, whyUpdated, worstClass } from './lines.ts';
import type { PlanScope } from './plan-aws.ts';

export interface PartDifference {
  readonly base: Pick<Change, 'id' | 'phase' | 'what'>;
  /** As EKS tells it of a node group or an add-on. */
  readonly status: string;
  readonly differences: readonly FieldDifference[];
  /** What making it anew does. */
  readonly replaced: ChangeClass;
  readonly usualSeconds: number;
}

/** The line that brings a part of a cluster that is there to what is declared; none when it is. */
export function changedPart(scope: Pick<PlanScope, 'isDrift'>, part: PartDifference): Change[] {
  const { base, status, differences, replaced, usualSeconds } = part;
  if (differences.length === 0) {
    if (status === 'ACTIVE' || status === 'DEGRADED') return [];
    const why = `${status}: not finished yet`;
    return [{ ...base, action: 'update', class: 'none', why, fields: [], usualSeconds }];
  }
  const replaces = differences.some(({ rule }) => rule.how === 'replace');
  const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : replaced));
  return [
    {
      ...base,
      action: replaces ? 'replace' : 'update',
      class: worstClass(classes),
      ...whyUpdated(
        scope,
        differences.map(({ path }) => path),
      ),
      fields: shownFields(differences),
      ...lateMembers(differences.flatMap(({ unknown }) => unknown)),
      usualSeconds,
    },
  ];
}

/** Why a part that came to nothing, or is going, is made again; undefined for one that can be kept. */
export function whyRemade(status: string): string | undefined {
  if (status === 'DELETING') return 'DELETING: made again when it has gone';
  return status === 'CREATE_FAILED' || status === 'DELETE_FAILED' ? `${status}: deleted, then made again` : undefined;
}
