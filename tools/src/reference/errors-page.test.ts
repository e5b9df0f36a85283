import { describe, expect, it } from 'vitest';
import { type Entry, withMeanings } from './errors-page.ts';

const entry = (...uses: Entry['uses']): Entry => ({ code: 'NO_ROOM', workspaces: new Set(['packages/a']), uses });
const whole = { message: 'there is no room', hint: 'make some' };

describe('the page of codes', () => {
  it.each<[string, Entry, Parameters<typeof withMeanings>[1], Entry['uses']]>([
    ['takes what the sources say', entry(whole), { NO_ROOM: { says: 'other', todo: 'other' } }, [whole]],
    [
      'fills in what they do not',
      entry({ message: '… is …', hint: '' }),
      { NO_ROOM: { says: 'no room', todo: 'make some' } },
      [{ message: 'no room', hint: 'make some' }],
    ],
    [
      'fills in only what one of them lacks',
      entry(whole, { message: '', hint: '' }),
      { NO_ROOM: { says: 'no room' } },
      [whole, { message: 'no room', hint: '' }],
    ],
  ])('%s', (_what, given, meanings, uses) => {
    expect(withMeanings([given], meanings)[0]?.uses).toEqual(uses);
  });

  it.each<[string, Entry, Parameters<typeof withMeanings>[1], RegExp]>([
    ['a code without words', entry({ message: '…: …', hint: 'x' }), {}, /NO_ROOM says nothing/],
    ['a code without a next step', entry({ message: 'there is no room', hint: '' }), {}, /NO_ROOM has no hint/],
    ['a code that nobody gives out', entry(whole), { GONE: { says: 'x' } }, /GONE is given out by nobody/],
  ])('cannot be made with %s', (_what, given, meanings, fault) => {
    expect(() => withMeanings([given], meanings)).toThrow(fault);
  });
});
