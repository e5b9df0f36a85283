import { FakeClock } from '@roadstead/foundation';
import type { LifecycleEvent } from '@roadstead/lifecycle';
import { createColors } from 'picocolors';
import { expect, it } from 'vitest';
import type { Console } from './console.ts';
import { activeLine, liveProgress, plainProgress } from './progress.ts';

function recorded(width: number): { console: Console; written: string[] } {
  const written: string[] = [];
  const console: Console = {
    colours: createColors(false),
    live: true,
    out: (line) => void written.push(`${line}\n`),
    err: (line) => void written.push(`${line}\n`),
    draw: (text) => void written.push(text),
    width: () => width,
  };
  return { console, written };
}

const events: LifecycleEvent[] = [
  { type: 'phase-started', phase: 'network', steps: [] },
  {
    type: 'step-started',
    id: 'stack/network',
    what: 'stack roadstead-shop-network',
    phase: 'network',
    usualSeconds: 240,
  },
  {
    type: 'step-progress',
    id: 'stack/network',
    resource: 'NatGatewayAz1 (AWS::EC2::NatGateway)',
    status: 'CREATE_IN_PROGRESS',
    reason: 'Resource creation Initiated',
  },
  { type: 'step-done', id: 'stack/network', seconds: 7 },
];

it('keeps every line inside the terminal, whatever it has to say', () => {
  const latest = { resource: 'x'.repeat(300), status: 'CREATE_IN_PROGRESS' };
  for (const width of [20, 80, 130]) {
    expect(activeLine({ what: 'stack roadstead-shop-network', beganMs: 0, latest }, 65_000, width).length).toBeLessThan(
      width,
    );
  }
});

it('says how long a step takes, how long is usual, and what moves in it', () => {
  const latest = { resource: 'NatGatewayAz1 (AWS::EC2::NatGateway)', status: 'CREATE_IN_PROGRESS' };
  const line = activeLine({ what: 'stack shop', beganMs: 0, usualSeconds: 240, latest }, 65_000, 130);
  expect(line).toBe('  … stack shop 1:05 (usually 4 min) · NatGatewayAz1 CREATE_IN_PROGRESS');
});

it('draws over just the lines that it drew', () => {
  const { console, written } = recorded(80);
  const view = liveProgress(console, new FakeClock());
  for (const event of events) view.show(event);
  view.close();
  const drawn = written.filter((text) => text.startsWith('  …')).length;
  const erased = written.filter((text) => text.startsWith('\u001b[1A')).length;
  expect(drawn).toBeGreaterThan(0);
  expect(erased).toBe(drawn);
  expect(written.at(-1)).toContain('✓ stack roadstead-shop-network 0:07');
});

it('tells a log each status once', () => {
  const { console, written } = recorded(80);
  const view = plainProgress(console);
  for (const event of [...events.slice(0, 3), ...events.slice(2)]) view.show(event);
  expect(written.filter((line) => line.includes('NatGatewayAz1'))).toHaveLength(1);
  expect(written.at(-1)).toBe('   done: stack/network in 7 s\n');
});
