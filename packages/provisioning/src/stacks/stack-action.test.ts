import { describe, expect, it } from 'vitest';
import { stackAction, stackStatuses } from './stack-action.ts';

const wantedCases: readonly [string | undefined, string, string, string][] = [
  // status, wanted and equal, wanted and different, unwanted
  [undefined, 'create', 'create', 'none'],
  ['CREATE_IN_PROGRESS', 'wait', 'wait', 'delete'],
  ['CREATE_FAILED', 'delete-then-create', 'delete-then-create', 'delete'],
  ['CREATE_COMPLETE', 'none', 'update', 'delete'],
  ['ROLLBACK_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['ROLLBACK_FAILED', 'delete-then-create', 'delete-then-create', 'delete'],
  ['ROLLBACK_COMPLETE', 'delete-then-create', 'delete-then-create', 'delete'],
  ['DELETE_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['DELETE_FAILED', 'delete-then-create', 'delete-then-create', 'delete'],
  ['DELETE_COMPLETE', 'create', 'create', 'none'],
  ['UPDATE_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['UPDATE_COMPLETE', 'none', 'update', 'delete'],
  ['UPDATE_FAILED', 'roll-back', 'roll-back', 'delete'],
  ['UPDATE_ROLLBACK_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['UPDATE_ROLLBACK_FAILED', 'continue-rollback', 'continue-rollback', 'delete'],
  ['UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['UPDATE_ROLLBACK_COMPLETE', 'none', 'update', 'delete'],
  ['REVIEW_IN_PROGRESS', 'delete-then-create', 'delete-then-create', 'delete'],
  ['IMPORT_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['IMPORT_COMPLETE', 'none', 'update', 'delete'],
  ['IMPORT_ROLLBACK_IN_PROGRESS', 'wait', 'wait', 'wait'],
  ['IMPORT_ROLLBACK_FAILED', 'refuse', 'refuse', 'delete'],
  ['IMPORT_ROLLBACK_COMPLETE', 'none', 'update', 'delete'],
];

describe('what to do with a stack', () => {
  it.each(wantedCases)('in %s: equal %s, different %s, unwanted %s', (status, equal, different, unwanted) => {
    expect(stackAction(status, { wanted: true, differs: false }).kind).toBe(equal);
    expect(stackAction(status, { wanted: true, differs: true }).kind).toBe(different);
    expect(stackAction(status, { wanted: false }).kind).toBe(unwanted);
  });

  it('has a case for every status', () => {
    expect(wantedCases.map(([status]) => status).filter((status) => status !== undefined)).toEqual([...stackStatuses]);
  });

  it('knows every status that the SDK knows', async () => {
    const { StackStatus } = await import('@aws-sdk/client-cloudformation');
    expect([...stackStatuses].sort()).toEqual(Object.values(StackStatus).sort());
  });

  it('refuses a status it has never heard of', () => {
    expect(stackAction('TELEPORT_COMPLETE', { wanted: false }).kind).toBe('refuse');
  });
});
