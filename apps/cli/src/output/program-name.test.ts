import { expect, it } from 'vitest';
import { asStarted, shellQuote } from './program-name.ts';

it.each([
  ['run `roadstead up` again', 'run `bin/roadstead up` again'],
  ['roadstead status follows it', 'bin/roadstead status follows it'],
  ['eval "$(roadstead sandbox env)"', 'eval "$(bin/roadstead sandbox env)"'],
  ['roadstead channel check finds it', 'bin/roadstead channel check finds it'],
  ['bin/roadstead plan shows it', 'bin/roadstead plan shows it'],
  ['the stack roadstead-shop-network', 'the stack roadstead-shop-network'],
  ['roadstead upgrades nothing', 'roadstead upgrades nothing'],
  ['a manager called roadstead', 'a manager called roadstead'],
])('%j reads %j', (text, expected) => {
  expect(asStarted(text, 'bin/roadstead')).toBe(expected);
});

it('takes a path with a dollar as it is', () => {
  expect(asStarted('roadstead up', "'/home/a$&b/roadstead'")).toBe("'/home/a$&b/roadstead' up");
});

it.each([
  ['bin/roadstead', 'bin/roadstead'],
  ['/my files/roadstead', "'/my files/roadstead'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
])('quotes %j as %s', (text, quoted) => {
  expect(shellQuote(text)).toBe(quoted);
});
