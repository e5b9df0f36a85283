import type { Change } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { isLetIn } from './plan-objects.ts';

const own = 'arn:aws:iam::123456789012:role/platform';

function access(principalArn: string, action: Change['action']): Change {
  const id = `eks/access-entry/${principalArn}`;
  return { id, phase: 'access', action, class: 'safe', what: id, why: 'declared', fields: [] };
}

describe('whether the API server should let the caller in', () => {
  it.each([
    { when: 'nothing is planned', changes: [], letIn: true },
    { when: "another principal's entry is to be made", changes: [access(`${own}-other`, 'create')], letIn: true },
    { when: 'its own entry is to be made', changes: [access(own, 'create')], letIn: false },
    { when: 'its own entry is there without its policy', changes: [access(own, 'update')], letIn: false },
  ])('$when: $letIn', ({ changes, letIn }) => {
    expect(isLetIn({ principalArn: own }, changes)).toBe(letIn);
  });

  it('expects it of a caller whose entry cannot be named', () => {
    expect(isLetIn({}, [access(own, 'create')])).toBe(true);
  });
});
