import { describe, expect, it } from 'vitest';
import { minors, releases } from '../components.ts';
import { buildError, contentKey, linkFlags, pickEntry, readSources } from './build.ts';

describe('the key of a build', () => {
  const sources = ['module a', 'sum', 'package main'];
  it('changes with every source and with the minor, and with nothing else', () => {
    const keys = [
      contentKey(sources, '1.36'),
      contentKey(sources, '1.35'),
      contentKey(['module b', 'sum', 'package main'], '1.36'),
      contentKey(['module a', 'sum2', 'package main'], '1.36'),
      contentKey(['module a', 'sum', 'package main '], '1.36'),
      contentKey(['module as', 'um', 'package main'], '1.36'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(contentKey([...sources], '1.36')).toBe(keys[0]);
  });

  it.each([
    ['go1.26.8', 'p-go1.26.8'],
    ['go1.27.0', undefined],
    ['go1.26', undefined],
    [undefined, 'p-go1.26.9'],
  ])('with the toolchain %s finds %s', (toolchain, entry) => {
    expect(pickEntry(['other-go1.26.8', 'p-go1.26.8', 'p-go1.26.9', 'px-go1.27.0'], 'p', toolchain)).toBe(entry);
  });
});

it.each(minors)('links %s so that it says its own release', (minor) => {
  const flags = linkFlags(minor);
  expect(flags).toContain(`version.gitVersion=${releases[minor]} `);
  expect(flags).toContain(`version.gitMinor=${minor.slice(2)} `);
  expect(releases[minor].startsWith(`v${minor}.`)).toBe(true);
});

it('pins every staging module to the release of its parent', async () => {
  const [module = ''] = await readSources();
  const staging = releases['1.36'].replace('v1.', 'v0.');
  const replaced = [...module.matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ (\S+)$/gm)].map(([, version]) => version);
  expect(replaced).toHaveLength(33);
  expect(new Set(replaced)).toEqual(new Set([staging]));
  expect(module).toContain(`k8s.io/kubernetes ${releases['1.36']}`);
});

describe('a build that fails', () => {
  it.each([
    [['k8s.io/api/core/v1', 'mkdir /tmp/go-build1: no space left on device'], 'DISK_FULL'],
    [
      ['go: k8s.io/api@v0.36.3: Get "https://proxy.example": dial tcp: lookup proxy.example: no such host'],
      'GO_MODULES_UNREACHABLE',
    ],
    [['# roadstead.dev/sandbox/control-plane', './main.go:7:2: undefined: x'], 'CONTROL_PLANE_BUILD_FAILED'],
  ])('%j is %s', (lines, code) => {
    expect(buildError(lines)).toMatchObject({ code });
  });

  it('is told in its own words without the packages that compiled', () => {
    const error = buildError(['k8s.io/api/core/v1', './main.go:7:2: undefined: x']);
    expect(String(error)).toContain('undefined: x');
    expect(String(error)).not.toContain('core/v1');
  });
});
