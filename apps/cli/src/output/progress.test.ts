import { FakeClock } from '@roadstead/foundation';
import type { LifecycleEvent } from '@roadstead/lifecycle';
import { describe, expect, it } from 'vitest';
import { recordedConsole } from '../testing/recorded-console.ts';
import { screenOf } from '../testing/screen.ts';
import { activeLine, jsonProgress, liveProgress, plainProgress } from './progress.ts';

const started = (id: string, usualSeconds?: number): LifecycleEvent => ({
  type: 'step-started',
  id,
  what: `stack ${id}`,
  phase: 'network',
  ...(usualSeconds === undefined ? {} : { usualSeconds }),
});
const moved: LifecycleEvent = {
  type: 'step-progress',
  id: 'network',
  resource: 'NatGatewayAz1 (AWS::EC2::NatGateway)',
  status: 'CREATE_IN_PROGRESS',
  reason: 'Resource creation Initiated',
};
const failure = { code: 'STACK_FAILED', message: 'stack app ended ROLLBACK_COMPLETE', hint: 'roadstead up goes on' };
const events: LifecycleEvent[] = [
  { type: 'run-started', runId: 'r', cluster: 'shop', kind: 'up', changes: 2 },
  { type: 'phase-started', phase: 'network', steps: [] },
  started('network', 240),
  started('app'),
  moved,
  { type: 'step-done', id: 'network', seconds: 7 },
  { type: 'stopping', reason: 'Stopping at the next safe step …' },
  { type: 'step-failed', id: 'app', seconds: 65, failure },
  { type: 'run-ended', runId: 'r', state: 'failed', seconds: 70 },
];

it.each([
  ['alone', {}, '  … stack shop 1:05'],
  ['with what is usual', { usualSeconds: 240 }, '  … stack shop 1:05 (usually 4 min)'],
  [
    'with what moves in it',
    { latest: { resource: 'NatGatewayAz1 (AWS::EC2::NatGateway)', status: 'CREATE_IN_PROGRESS' } },
    '  … stack shop 1:05 · NatGatewayAz1 CREATE_IN_PROGRESS',
  ],
  [
    'with the reason',
    { latest: { resource: 'pod web', status: 'Pending', reason: 'no node' } },
    '  … stack shop 1:05 · pod web Pending (no node)',
  ],
])('a step at work reads %s', (_what, more, expected) => {
  expect(activeLine({ what: 'stack shop', beganMs: 0, ...more }, 65_000)).toBe(expected);
});

describe('on a terminal', () => {
  it('what is at work stands below what has ended, and nothing is left of it in the end', () => {
    const { console, err } = recordedConsole({ live: true });
    const view = liveProgress(console, new FakeClock());
    for (const event of events.slice(0, 6)) view.show(event);
    expect(screenOf(err.text, 80)).toEqual(['network', '  ✓ stack network 0:07', '  … stack app 0:00', '']);
    for (const event of events.slice(6)) view.show(event);
    view.close();
    expect(screenOf(err.text, 80)).toEqual([
      'network',
      '  ✓ stack network 0:07',
      'Stopping at the next safe step …',
      '  ✗ stack app 1:05 stack app ended ROLLBACK_COMPLETE',
      '',
    ]);
  });

  it('never shows a line that has ended among those at work', () => {
    const { console, err } = recordedConsole({ live: true });
    const view = liveProgress(console, new FakeClock());
    for (const event of events) {
      view.show(event);
      const rows = screenOf(err.text, 80);
      const ended = rows.findLastIndex((row) => /^ {2}[✓✗]/.test(row));
      const atWork = rows.findIndex((row) => row.startsWith('  …'));
      if (atWork !== -1) expect(ended).toBeLessThan(atWork);
    }
  });

  it('keeps every line inside a narrow one', () => {
    const { console, err } = recordedConsole({ live: true, columns: 20 });
    const view = liveProgress(console, new FakeClock());
    for (const event of events.slice(0, 5)) view.show(event);
    expect(screenOf(err.text, 20)).toEqual(['network', '  … stack network …', '  … stack app 0:00', '']);
  });

  it('counts the steps that it does not show', () => {
    const { console, err } = recordedConsole({ live: true });
    const view = liveProgress(console, new FakeClock());
    for (let index = 0; index < 15; index++) view.show(started(`s${index}`));
    expect(screenOf(err.text, 80).slice(-3)).toEqual(['  … stack s11 0:00', '  … and 3 more', '']);
  });
});

describe('in a log', () => {
  it('every fact is a line, and a status is told once', () => {
    const { console, err } = recordedConsole();
    const view = plainProgress(console);
    for (const event of [...events.slice(0, 5), ...events.slice(4)]) view.show(event);
    expect(err.text.split('\n')).toEqual([
      '── network',
      '   stack network (usually 4 min)',
      '   stack app',
      '     NatGatewayAz1 (AWS::EC2::NatGateway): CREATE_IN_PROGRESS: Resource creation Initiated',
      '   done: network in 7 s',
      'Stopping at the next safe step …',
      '   FAILED: app after 65 s: stack app ended ROLLBACK_COMPLETE',
      '',
    ]);
  });
});

describe('as JSON', () => {
  it('every event is a line with its time, and hints name the program', () => {
    const { console, out } = recordedConsole({ program: 'bin/roadstead' });
    const view = jsonProgress(console, new FakeClock());
    for (const event of events) view.show(event);
    const lines = out.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual(events.map(({ type }) => type));
    for (const { at } of lines) expect(at).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(lines[7]).toMatchObject({ failure: { hint: 'bin/roadstead up goes on' } });
  });
});
