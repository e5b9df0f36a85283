import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInput, textOf } from './read-input.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('the text of a file', () => {
  it.each([
    ['plain', Buffer.from('a: b\n'), 'a: b\n'],
    ['with letters of the world', Buffer.from('name: Größe 漢 🚀'), 'name: Größe 漢 🚀'],
    ['with a byte order mark, which goes', Buffer.from('\ufeffa: b'), 'a: b'],
    ['empty', Buffer.from(''), ''],
  ])('is read: %s', (_what, bytes, text) => {
    expect(textOf(bytes, 'x.yaml')).toBe(text);
  });

  it.each([
    ['Latin-1', latin('a: b\nowner: Größe\n'), 2, 10, '0xf6'],
    ['a bad byte first', latin('\xff\xfea'), 1, 1, '0xff'],
    ['a bad byte last', latin('a\nbc\xe9'), 2, 3, '0xe9'],
    ['a character cut short', Buffer.from('ab€').subarray(0, 4), 1, 3, '0xe2'],
    ['after wide characters', Buffer.concat([Buffer.from('漢字 '), latin('\xfc')]), 1, 4, '0xfc'],
    ['a continuation byte alone', latin('ab\x80c'), 1, 3, '0x80'],
  ])('is refused where it is no UTF-8: %s', (_what, bytes, line, column, byte) => {
    expect(() => textOf(bytes, 'x.yaml')).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ file: 'x.yaml', line, column, code: 'NOT_UTF8', severity: 'error' }) as unknown,
        ],
        message: `the byte ${byte} is not UTF-8`,
      }) as Error,
    );
  });
});

describe('a file that cannot be read', () => {
  it.each([
    ['is missing', join(tmpdir(), 'not', 'there.yaml'), 'there is no such file'],
    ['is a folder', tmpdir(), 'it is a folder'],
    ['has no end', '/dev/zero', 'it has more than 64 MiB'],
    ['lies in a file', join(import.meta.filename, 'x.yaml'), 'a part of its path is no folder'],
  ])('%s: the message says so', async (_what, file, reason) => {
    await expect(readInput({ file, what: 'cluster file', hint: 'Name one.' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `The cluster file ${file} cannot be read: ${reason}`,
      hint: 'Name one.',
    });
  });
});
