import { describe, expect, it } from 'vitest';
import { recordedConsole } from '../testing/recorded-console.ts';
import { screenOf } from '../testing/screen.ts';
import { fitting, jsonText } from './console.ts';

describe('the console', () => {
  it('sends what was asked for to standard output, and everything else to standard error', () => {
    const { console, out, err } = recordedConsole({ program: 'bin/roadstead' });
    console.out('a: roadstead up\u0007');
    console.tell('run roadstead up\u0007');
    console.json({ hint: 'roadstead up', text: 'roadstead up' });
    console.err('then roadstead plan\u001b[2J');
    console.fail('roadstead down failed');
    expect(out.text).toBe(
      'a: roadstead up\u0007\nrun bin/roadstead up\ufffd\n{"hint":"bin/roadstead up","text":"roadstead up"}\n',
    );
    expect(err.text).toBe('then bin/roadstead plan\ufffd[2J\nbin/roadstead down failed\n');
  });

  it('with JSON output leaves talk out, but never what went wrong', () => {
    const { console, err } = recordedConsole({ talks: false, live: true });
    console.err('talk');
    console.area(['  … at work']);
    console.fail('{"type":"error"}');
    expect(err.text).toBe('{"type":"error"}\n');
  });

  it('colours each stream by what that one is', () => {
    const { console } = recordedConsole({ colours: { out: false, err: true } });
    expect(console.colours.out.red('x')).toBe('x');
    expect(console.colours.err.red('x')).not.toBe('x');
  });

  it('answers the first failure of a write, and goes on after it', async () => {
    const { console, out } = recordedConsole();
    console.out('before');
    out.emit('error', Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    console.out('after');
    expect((await console.flush())?.message).toBe('no space left on device');
    expect(out.text).toBe('before\nafter\n');
  });

  it('takes a reader that went away, and what follows from it, for no failure', async () => {
    const { console, out } = recordedConsole();
    out.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
    out.emit('error', Object.assign(new Error('destroyed'), { code: 'ERR_STREAM_DESTROYED' }));
    expect(await console.flush()).toBeUndefined();
  });
});

describe('the live area', () => {
  it('stays below all other lines, and goes when it is empty', () => {
    const { console, err } = recordedConsole({ live: true });
    console.area(['  … one', '  … two']);
    console.err('first');
    expect(screenOf(err.text, 80)).toEqual(['first', '  … one', '  … two', '']);
    console.area(['  … two']);
    console.fail('second');
    expect(screenOf(err.text, 80)).toEqual(['first', 'second', '  … two', '']);
    console.area([]);
    expect(screenOf(err.text, 80)).toEqual(['first', 'second', '']);
  });

  it('makes room for results on the same terminal', () => {
    const { console, out, err } = recordedConsole({ live: true });
    console.area(['  … one']);
    const before = err.text;
    console.out('result');
    expect(out.text).toBe('result\n');
    expect(screenOf(before + err.text.slice(before.length).replace('\u001b[J', '\u001b[Jresult\n'), 80)).toEqual([
      'result',
      '  … one',
      '',
    ]);
  });

  it('is drawn over from the first column, though Ctrl-C was echoed behind it', () => {
    const { console, err } = recordedConsole({ live: true });
    console.area(['  … one']);
    err.text += '^C';
    console.err('Stopping');
    expect(screenOf(err.text, 80)).toEqual(['Stopping', '  … one', '']);
    err.text += '^C';
    console.area(['  … two']);
    expect(screenOf(err.text, 80)).toEqual(['Stopping', '  … two', '']);
  });

  it('begins each line in the first column, though Ctrl-C was echoed and nothing is drawn', () => {
    const { console, err } = recordedConsole({ live: true });
    err.text = '^C';
    console.fail('Stopped.');
    expect(screenOf(err.text, 80)).toEqual(['Stopped.', '']);
  });

  it('is taken off whole when the terminal was made narrower since', () => {
    const { console, err } = recordedConsole({ live: true, columns: 60 });
    console.area([`  … ${'x'.repeat(40)}`]);
    err.columns = 30;
    console.area([]);
    expect(screenOf(err.text, 30)).toEqual(['']);
  });

  it('draws nothing where lines cannot be drawn over', () => {
    const { console, err } = recordedConsole({ live: false });
    console.area(['  … one']);
    expect(err.text).toBe('');
  });

  it.each<[string, string[], { columns?: number; rows?: number }, string[]]>([
    ['a long line is cut', ['abcdefgh'], { columns: 6 }, ['abcd…']],
    ['wide characters count twice', ['漢字漢字'], { columns: 7 }, ['漢字…']],
    ['a line break would be a row of its own', ['a\nb\tc'], {}, ['a b c']],
    ['what drives a terminal is taken out', ['a\u001b[2Jb'], {}, ['a\ufffd[2Jb']],
    ['more lines than the terminal has are counted', ['a', 'b', 'c', 'd'], { rows: 4 }, ['a', 'b', '  … and 2 more']],
    ['as many as it has are shown', ['a', 'b', 'c'], { rows: 4 }, ['a', 'b', 'c']],
  ])('%s', (_what, lines, size, expected) => {
    expect(fitting(lines, size)).toEqual(expected);
  });
});

it('names the program in hints at any depth, and in nothing else', () => {
  const value = { type: 'step-failed', failure: { message: 'roadstead up', hint: 'roadstead up' }, hint: 7 };
  expect(JSON.parse(jsonText(value, "'/a b/roadstead'"))).toEqual({
    type: 'step-failed',
    failure: { message: 'roadstead up', hint: "'/a b/roadstead' up" },
    hint: 7,
  });
});
