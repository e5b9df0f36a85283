import { describe, expect, it } from 'vitest';
import { readFaultRule } from './control.ts';

describe('a fault rule from JSON', () => {
  it('is taken as it stands', () => {
    const rule = {
      service: 'eks',
      input: { name: 'a' },
      nth: 2,
      action: { kind: 'error', code: 'C', message: 'm', status: 500 },
    };
    expect(readFaultRule(rule)).toEqual(rule);
  });

  it('has a short form for the kill walk', () => {
    expect(readFaultRule({ mutating: true, holdAt: 7, phase: 'after' })).toEqual({
      mutating: true,
      nth: 7,
      action: { kind: 'hold', phase: 'after' },
    });
  });

  it.each([
    ['nothing', undefined, 'JSON object'],
    ['no action', { service: 'eks' }, 'needs an action'],
    ['an unknown action', { action: { kind: 'explode' } }, 'kind is'],
    ['an unknown member', { servcie: 'eks', action: { kind: 'throttle' } }, 'no member servcie'],
    ['a number as text', { nth: '1', action: { kind: 'throttle' } }, 'nth is a number'],
    ['an unknown phase', { holdAt: 1, phase: 'during' }, 'before or after'],
    [
      'a hold on the sandbox’s own calls',
      { by: 'backend', action: { kind: 'hold', phase: 'before' } },
      'Only requests of clients',
    ],
    ['an error without code', { action: { kind: 'error' } }, 'needs a code'],
  ])('is refused: %s', (_, body, message) => {
    expect(() => readFaultRule(body)).toThrow(message);
  });
});
