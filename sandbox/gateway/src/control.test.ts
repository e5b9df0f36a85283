import { describe, expect, it } from 'vitest';
import { type ControlParts, handleControl, readFaultRule } from './control.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { bodyText } from './protocol/http.ts';

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
    ['a code that would break a header', { action: { kind: 'error', code: 'a\r\nb' } }, 'one word'],
  ])('is refused: %s', (_, body, message) => {
    expect(() => readFaultRule(body)).toThrow(message);
  });
});

describe('the control port', () => {
  const parts: ControlParts = {
    token: 't',
    journal: new Journal(),
    faults: new Faults(),
    violations: [],
    unimplemented: new Map(),
    inventory: async () => {
      throw new Error('moto is gone');
    },
    status: () => ({}),
    routes: {},
  };

  it.each([
    ['GET', 'status', '', 200, '{}'],
    ['GET', 'nosuch', '', 404, 'no control route'],
    ['POST', 'faults', '{', 400, 'JSON'],
    ['DELETE', 'faults/%zz', '', 400, 'URI malformed'],
    ['GET', 'inventory', '', 500, 'moto is gone'],
  ])('%s %s %s is answered with %i', async (method, path, body, status, text) => {
    const headers = { authorization: 'Bearer t' };
    const request = { method, path: `/_roadstead/${path}`, query: [], headers, body: Buffer.from(body) };
    const answer = await handleControl(parts, request);
    expect(answer.status).toBe(status);
    expect(bodyText(answer.body)).toContain(text);
  });
});
