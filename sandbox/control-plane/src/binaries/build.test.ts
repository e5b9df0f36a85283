import { describe, expect, it } from 'vitest';
import { minors, releases } from '../components.ts';
import { buildError, contentKey, goMissing, linkFlags, readSources } from './build.ts';

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
    [['go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)'], 'GO_TOO_OLD'],
    [
      ['go: downloading go1.26.0 (linux/amd64)', 'go: download go1.26.0 for linux/amd64: toolchain not available'],
      'GO_TOO_OLD',
    ],
    [
      ['go: download go1.26.0: golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64: Get "https://p": dial tcp: refused'],
      'GO_TOO_OLD',
    ],
    [['go: errors parsing go.mod:', "go.mod:3: invalid go version '1.26.0': must match format 1.23"], 'GO_TOO_OLD'],
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

it('that Go is missing is told with what was tried before', () => {
  expect(goMissing(['it cannot be downloaded: no answer within 3 s']).message).toBe(
    'the control plane has to be built (it cannot be downloaded: no answer within 3 s), and Go is not installed',
  );
  expect(goMissing().message).toBe('the control plane has to be built, and Go is not installed');
});
