import { describe, expect, it } from 'vitest';
import { readAppConfig } from './config.ts';

const environment = { HOME: '/home/a' };

describe('the command line', () => {
  it('has defaults for all but the directory', () => {
    expect(readAppConfig(['--directory', '/d'], environment)).toMatchObject({
      command: 'run',
      directory: '/d',
      factor: 60,
      port: undefined,
      json: false,
      cacheDirectory: '/home/a/.cache/roadstead',
    });
  });

  it('is read as it is given', () => {
    const args = ['env', '--directory', '/d', '--factor', '1', '--port', '4566', '--json'];
    expect(readAppConfig(args, { ...environment, ROADSTEAD_CACHE: '/c' })).toMatchObject({
      command: 'env',
      factor: 1,
      port: 4566,
      json: true,
      cacheDirectory: '/c',
    });
  });

  it.each([
    [{ ROADSTEAD_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
    [{ ROADSTEAD_CACHE: '', XDG_CACHE_HOME: '/x' }, '/x/roadstead'],
    [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/roadstead'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/roadstead'],
  ])('finds the cache by %j in %s', (variables, cacheDirectory) => {
    expect(readAppConfig(['--directory', '/d'], variables)).toMatchObject({ cacheDirectory });
  });

  it.each([
    ['no directory', []],
    ['an unknown command', ['fly', '--directory', '/d']],
    ['a word too much', ['env', 'now', '--directory', '/d']],
    ['an unknown option', ['--directory', '/d', '--speed', '3']],
    ['a factor under 1', ['--directory', '/d', '--factor', '0.5']],
    ['a factor that is no number', ['--directory', '/d', '--factor', 'fast']],
    ['a port that is none', ['--directory', '/d', '--port', '70000']],
  ])('is refused: %s', (_, args) => {
    expect(() => readAppConfig(args, environment)).toThrow(expect.objectContaining({ code: 'WRONG_INPUT' }));
  });
});
