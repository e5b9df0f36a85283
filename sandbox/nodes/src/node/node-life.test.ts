import { expect, test } from 'vitest';
import { type InstanceLife, type NodeSight, type NodeStep, stepInstance } from './node-life.ts';

const paced = (seconds: number) => seconds * 1000;
const running: NodeSight = { state: 'running', networkPluginReady: false, silenced: false };
const node: InstanceLife = { kind: 'node', seenAt: 0 };
const starting: InstanceLife = { kind: 'starting', seenAt: 0 };

test.each<[string, InstanceLife, NodeSight, number, NodeStep]>([
  ['boots', starting, running, 59_000, { kind: 'wait' }],
  ['has booted', starting, running, 60_000, { kind: 'assess' }],
  ['is not running yet', starting, { ...running, state: 'pending' }, 90_000, { kind: 'wait' }],
  ['was refused and is asked again', { kind: 'refused', seenAt: 0, reason: 'x' }, running, 90_000, { kind: 'assess' }],
  ['ended before it joined', starting, { ...running, state: undefined }, 1, { kind: 'remove' }],
  ['has no network plugin', node, running, 90_000, { kind: 'keep', health: 'no-network' }],
  ['has one', node, { ...running, networkPluginReady: true }, 90_000, { kind: 'keep', health: 'ready' }],
  [
    'is silenced',
    node,
    { ...running, networkPluginReady: true, silenced: true },
    90_000,
    { kind: 'keep', health: 'lost' },
  ],
  [
    'is stopped',
    node,
    { ...running, state: 'stopped', networkPluginReady: true },
    90_000,
    { kind: 'keep', health: 'lost' },
  ],
  ['is terminated', node, { ...running, state: 'terminated' }, 90_000, { kind: 'mark-gone' }],
  [
    'has just gone',
    { kind: 'gone', seenAt: 0, goneAt: 90_000 },
    { ...running, state: undefined },
    100_000,
    { kind: 'wait' },
  ],
  [
    'is long gone',
    { kind: 'gone', seenAt: 0, goneAt: 90_000 },
    { ...running, state: undefined },
    120_000,
    { kind: 'remove' },
  ],
])('an instance that %s', (_, life, sight, now, step) => {
  expect(stepInstance(life, sight, now, paced)).toEqual(step);
});
