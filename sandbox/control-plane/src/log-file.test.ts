import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cutLog, readTail } from './log-file.ts';
import { lastWordsIn } from './server-process.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-log-'));
  path = join(directory, 'server.log');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('the tail is what was written since, and not more than anybody reads', async () => {
  expect(await readTail(path, 0)).toBe('');
  await writeFile(path, 'before\n');
  await appendFile(path, 'after\n');
  expect(await readTail(path, 7)).toBe('after\n');
  await appendFile(path, 'x'.repeat(100_000));
  expect(await readTail(path, 7)).toBe('x'.repeat(65_536));
});

it('a log that is too large is kept once, and its writer goes on at the beginning', async () => {
  const log = openSync(path, 'a');
  const writer = spawn('/bin/sh', ['-c', 'echo one; read line; echo two'], { stdio: ['pipe', log, 'ignore'] });
  for (;;) if ((await readFile(path, 'utf8')) === 'one\n') break;
  expect(await cutLog(path, 4)).toBe(false);
  expect(await cutLog(path, 3)).toBe(true);
  writer.stdin?.end('\n');
  await once(writer, 'exit');
  expect(await readFile(path, 'utf8')).toBe('two\n');
  expect(await readFile(`${path}.1`, 'utf8')).toBe('one\n');
  expect(await readTail(path, 5)).toBe('two\n');
});

it.each([
  ['I1 fine\nE1121 15:00:00.0 bad\nI1 fine\n', 'E1121 15:00:00.0 bad'],
  ['{"level":"info"}\n{"level":"fatal","msg":"x"}\n', '{"level":"fatal","msg":"x"}'],
  ['one\ntwo\n', 'one\ntwo'],
  ['1\n2\n3\n4\n5\n6\n7\n8\n9\n', '2\n3\n4\n5\n6\n7\n8\n9'],
])('the last words of %j are %j', (log, words) => {
  expect(lastWordsIn(log)).toBe(words);
});
