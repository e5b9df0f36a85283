import { expect, test } from 'vitest';
import { type CommandReading, readCommand } from './command.ts';

const exits = (code: number, afterSeconds = 0, output: readonly string[] = []): CommandReading => ({
  kind: 'exits',
  code,
  afterSeconds,
  output,
});

test.each<[readonly string[], CommandReading]>([
  [['false'], exits(1)],
  [['/bin/true'], exits(0)],
  [['echo', 'hello', 'world'], exits(0, 0, ['hello world'])],
  [['sleep', '30'], exits(0, 30)],
  [['sleep', '2m'], exits(0, 120)],
  [['sleep', 'infinity'], { kind: 'runs', output: [] }],
  [['sh', '-c', 'exit 3'], exits(3)],
  [['sh', '-c', 'echo one; sleep 5; exit 1'], exits(1, 5, ['one'])],
  [['/bin/bash', '-ec', 'echo "a b" && false'], exits(1, 0, ['a b'])],
  [['sh', '-c', 'echo one\necho two'], exits(0, 0, ['one', 'two'])],
  [['sh', '-c', 'echo x > /tmp/file; true'], exits(0)],
  [['sh', '-c', 'echo oops >&2; exit 2'], exits(2, 0, ['oops'])],
  [['sh', '-c', 'exit 300'], exits(44)],
  [['sh', '-c', 'while true; do date; sleep 1; done'], { kind: 'runs', output: [] }],
  [['sh', '-c', 'echo up; exec tail -f /dev/null'], { kind: 'runs', output: ['up'] }],
  [['nginx', '-g', 'daemon off;'], { kind: 'unknown', afterSeconds: 0, output: [] }],
  [['sh', '-c', 'echo begin; ./migrate --all; sleep 3'], { kind: 'unknown', afterSeconds: 3, output: ['begin'] }],
  [['sh', '-c', 'for i in 1 2 3; do work $i; done'], { kind: 'unknown', afterSeconds: 0, output: [] }],
  [[], { kind: 'unknown', afterSeconds: 0, output: [] }],
])('%j is read', (command, reading) => {
  expect(readCommand(command, [])).toEqual(reading);
});

test('arguments follow the command', () => {
  expect(readCommand(['sh'], ['-c', 'exit 7'])).toEqual(exits(7));
});
