import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { cutTo, padTo, printable, widthOf } from './terminal-text.ts';

const red = createColors(true).red;

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['shop', 4],
    ['…·─✓', 4],
    ['cafe\u0301', 4],
    ['漢字', 4],
    ['한국', 4],
    ['🚀', 2],
    ['a\u200bb', 2],
    [red('shop'), 4],
  ])('of %j is %d', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('a cut text', () => {
  it.each([
    ['shop', 4, 'shop'],
    ['shops', 4, 'sho…'],
    ['漢字漢字', 5, '漢字…'],
    ['漢字漢字', 4, '漢…'],
    ['shop', 1, '…'],
  ])('%j to %d columns is %j', (text, columns, expected) => {
    expect(cutTo(text, columns)).toBe(expected);
    expect(widthOf(cutTo(text, columns))).toBeLessThanOrEqual(columns);
  });
});

it('pads by columns, not by characters', () => {
  expect(padTo('漢', 4)).toBe('漢  ');
  expect(padTo('toolong', 4)).toBe('toolong');
});

it.each([
  ['a title of the terminal', '\u001b]0;owned\u0007text', '\ufffd]0;owned\ufffdtext'],
  ['a cleared screen', 'a\u001b[2Jb', 'a\ufffd[2Jb'],
  ['a drawn-over line', 'good\rbad', 'good\ufffdbad'],
  ['the eight-bit form', 'a\u009b2J', 'a\ufffd2J'],
  ['nothing of a plain text', 'a\n\tb', 'a\n\tb'],
  ['nothing of a colour', red('a'), red('a')],
])('takes %s out of a text of others', (_what, text, expected) => {
  expect(printable(text)).toBe(expected);
});
