import { expect, test } from 'vitest';
import { containerWith, podWith } from '../testing/pods.ts';
import { freshContainer } from './container-machine.ts';
import { logLines, renderLog } from './logs.ts';

const all = { tailLines: undefined, limitBytes: undefined, sinceMs: undefined, timestamps: false };
const behaviour = { kind: 'exits', code: 3, afterSeconds: 1, output: ['hello'] } as const;
const ended = { exitCode: 3, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };

test('a container that ended shows its output and how it ended', () => {
  const memory = { ...freshContainer, phase: { kind: 'exited', termination: ended, at: 0 } } as const;
  const text = renderLog(logLines(podWith(), containerWith({ command: ['x'] }), memory, behaviour, false), all);
  expect(text).toBe(
    'sandbox: nginx:1.29 runs ["x"] in default/web\nhello\nerror: the process ended with exit code 3\n',
  );
});

test('a running one shows what it has said, and with previous what it said before', () => {
  const memory = {
    ...freshContainer,
    phase: { kind: 'running', startedAt: Date.UTC(2026, 0, 2) },
    last: ended,
  } as const;
  expect(renderLog(logLines(podWith(), containerWith(), memory, behaviour, false), all)).not.toContain('exit code');
  expect(renderLog(logLines(podWith(), containerWith(), memory, behaviour, true), all)).toContain('exit code 3');
});

test('nothing has been said before the start', () => {
  expect(logLines(podWith(), containerWith(), freshContainer, behaviour, false)).toEqual([]);
});

test('the tail, the size, the time and stamps are obeyed', () => {
  const lines = [1000, 2000, 3000].map((at) => ({ at, text: `line ${at}` }));
  expect(renderLog(lines, { ...all, tailLines: 1 })).toBe('line 3000\n');
  expect(renderLog(lines, { ...all, tailLines: 0 })).toBe('');
  expect(renderLog(lines, { ...all, limitBytes: 6 })).toBe('line 1');
  expect(renderLog(lines, { ...all, sinceMs: 2500, timestamps: true })).toBe('1970-01-01T00:00:03.000Z line 3000\n');
});
