/** Every status a CloudFormation stack can have. */
export const stackStatuses = [
  'CREATE_IN_PROGRESS',
  'CREATE_FAILED',
  'CREATE_COMPLETE',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_FAILED',
  'ROLLBACK_COMPLETE',
  'DELETE_IN_PROGRESS',
  'DELETE_FAILED',
  'DELETE_COMPLETE',
  'UPDATE_IN_PROGRESS',
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_IN_PROGRESS',
  'UPDATE_ROLLBACK_FAILED',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE',
  'REVIEW_IN_PROGRESS',
  'IMPORT_IN_PROGRESS',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_IN_PROGRESS',
  'IMPORT_ROLLBACK_FAILED',
  'IMPORT_ROLLBACK_COMPLETE',
] as const;
export type StackStatus = (typeof stackStatuses)[number];

/** What the stack should be: as its release says, or gone. `differs` tells whether what is there is not as it should be. */
export type StackDesire = { readonly wanted: true; readonly differs: boolean } | { readonly wanted: false };

export type StackAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  | { readonly kind: 'update' }
  | { readonly kind: 'delete' }
  /** Something runs: look again when it has ended. */
  | { readonly kind: 'wait' }
  /** Holds nothing that could be updated: delete what is left, then create. */
  | { readonly kind: 'delete-then-create' }
  | { readonly kind: 'continue-rollback' }
  /** Stopped half way with its rollback switched off: back to what it was, then on from there. */
  | { readonly kind: 'roll-back' }
  | { readonly kind: 'refuse'; readonly reason: string };

type Row = {
  readonly wanted:
    | 'create'
    | 'wait'
    | 'update-if-differs'
    | 'delete-then-create'
    | 'continue-rollback'
    | 'roll-back'
    | 'refuse';
  readonly unwanted: 'none' | 'wait' | 'delete';
};

const table: { readonly [status in StackStatus]: Row } = {
  CREATE_IN_PROGRESS: { wanted: 'wait', unwanted: 'delete' },
  CREATE_FAILED: { wanted: 'delete-then-create', unwanted: 'delete' },
  CREATE_COMPLETE: { wanted: 'update-if-differs', unwanted: 'delete' },
  ROLLBACK_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  ROLLBACK_FAILED: { wanted: 'delete-then-create', unwanted: 'delete' },
  ROLLBACK_COMPLETE: { wanted: 'delete-then-create', unwanted: 'delete' },
  DELETE_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  DELETE_FAILED: { wanted: 'delete-then-create', unwanted: 'delete' },
  DELETE_COMPLETE: { wanted: 'create', unwanted: 'none' },
  UPDATE_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  UPDATE_COMPLETE: { wanted: 'update-if-differs', unwanted: 'delete' },
  // An update whose rollback somebody switched off. CloudFormation takes no change set from there but one that may fail
  // half way again, so it goes back first.
  UPDATE_FAILED: { wanted: 'roll-back', unwanted: 'delete' },
  UPDATE_ROLLBACK_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  UPDATE_ROLLBACK_FAILED: { wanted: 'continue-rollback', unwanted: 'delete' },
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  UPDATE_ROLLBACK_COMPLETE: { wanted: 'update-if-differs', unwanted: 'delete' },
  // What a change set for a new stack leaves behind when nobody executes it: a name without resources.
  REVIEW_IN_PROGRESS: { wanted: 'delete-then-create', unwanted: 'delete' },
  IMPORT_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  IMPORT_COMPLETE: { wanted: 'update-if-differs', unwanted: 'delete' },
  IMPORT_ROLLBACK_IN_PROGRESS: { wanted: 'wait', unwanted: 'wait' },
  IMPORT_ROLLBACK_FAILED: { wanted: 'refuse', unwanted: 'delete' },
  IMPORT_ROLLBACK_COMPLETE: { wanted: 'update-if-differs', unwanted: 'delete' },
};

/**
 * What to do with a stack. `status` is undefined when there is none. One table over all states; a status that AWS adds
 * later is refused, because acting on what we do not know is worse than asking.
 */
export function stackAction(status: string | undefined, desire: StackDesire): StackAction {
  if (status === undefined) return { kind: desire.wanted ? 'create' : 'none' };
  const row = Object.hasOwn(table, status) ? table[status as StackStatus] : undefined;
  if (row === undefined) return { kind: 'refuse', reason: `the stack is in the unknown status ${status}` };
  if (!desire.wanted) return { kind: row.unwanted };
  if (row.wanted === 'update-if-differs') return { kind: desire.differs ? 'update' : 'none' };
  if (row.wanted === 'refuse')
    return { kind: 'refuse', reason: `the stack is in ${status}: an import by somebody failed` };
  return { kind: row.wanted };
}
