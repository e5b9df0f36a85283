import { expect, it } from 'vitest';
import { eventOf, eventText, startFailure } from './sandbox-events.ts';

const failed = JSON.stringify({
  event: 'failed',
  code: 'PYTHON_MISSING',
  message: 'No Python found on PATH',
  value: null,
  hint: 'sudo apt-get install python3',
});
const progress = JSON.stringify({ event: 'progress', message: 'moto' });

it.each([
  ['an event', progress, { event: 'progress', message: 'moto' }],
  ['a line of its log', '{"level":"info","message":"x"}', undefined],
  ['text', 'Killed', undefined],
  ['null', 'null', undefined],
  ['an event that is none', '{"event":7}', undefined],
])('%s', (_what, line, event) => {
  expect(eventOf(line)).toEqual(event);
});

it.each([
  [
    { event: 'ready', url: 'http://127.0.0.1:1' },
    'The sandbox is ready: http://127.0.0.1:1. Ctrl-C ends it, with everything in it.',
  ],
  [{ event: 'stopping', message: 'SIGTERM' }, 'Stopping the sandbox (SIGTERM) …'],
  [{ event: 'progress', message: 'moto' }, 'moto'],
  [{ event: 'swept' }, 'swept'],
])('%j reads %s', (event, text) => {
  expect(eventText(event)).toBe(text);
});

it.each([
  [
    'in its own words, though its log says more after them',
    [progress, failed, 'No Python found on PATH', '  sudo apt-get install python3', ''],
    {
      code: 'PYTHON_MISSING',
      message: 'No Python found on PATH',
      hint: 'sudo apt-get install python3\nIts log: /x/log',
    },
  ],
  [
    'with the value that it names',
    [failed.replace('null', '"/usr/bin/python3"')],
    { message: 'No Python found on PATH\n  /usr/bin/python3' },
  ],
  [
    'by the last lines of its log where it says nothing itself',
    [progress, 'a', 'b', 'c', 'd', 'e', 'f', ''],
    { code: 'SANDBOX_FAILED', message: 'The sandbox did not start:\nb\nc\nd\ne\nf', hint: 'Its log: /x/log' },
  ],
])('a failed start is told %s', (_what, said, error) => {
  expect(startFailure(said, '/x/log')).toMatchObject(error);
});
