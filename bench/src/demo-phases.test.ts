import { expect, it } from 'vitest';
import { eventsOf, middleLap, phaseSeconds } from './demo-phases.ts';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();

it('sums the parts of a phase and ends the last with the run', () => {
  const events = [
    { at: at(0), type: 'run-started' },
    { at: at(1), type: 'phase-started', phase: 'network' },
    { at: at(3), type: 'step-done' },
    { at: at(4), type: 'phase-started', phase: 'addons' },
    { at: at(6), type: 'phase-started', phase: 'pools' },
    { at: at(7), type: 'phase-started', phase: 'addons' },
    { at: at(7.5), type: 'run-ended' },
  ];
  expect(phaseSeconds(events)).toEqual({ network: 3, addons: 2.5, pools: 1 });
});

it('reads events and leaves what has no time', () => {
  const lines = ['{"type":"plan","plan":{}}', `{"at":"${at(1)}","type":"run-ended"}`, '{"type":"summary"}', ''];
  expect(eventsOf(lines.join('\n'))).toEqual([{ at: at(1), type: 'run-ended' }]);
});

it('takes the middle of laps figure by figure, and a phase that a lap did not have as nothing', () => {
  const lap = (up: number, phases: Readonly<Record<string, number>>) => ({
    ...{ factor: 60, sandboxStart: 5, besidePhases: 1 },
    ...{ up, nodesReady: up + 5, phases },
  });
  const laps = [lap(30, { pools: 9 }), lap(50, { pools: 20, network: 1 }), lap(31, { pools: 10, network: 3 })];
  expect(middleLap(laps)).toEqual(lap(31, { pools: 10, network: 1 }));
});
