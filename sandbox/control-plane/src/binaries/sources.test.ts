import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Binary, type Component, components } from '../components.ts';
import { candidatesFor, findInstalled, withoutStrays } from './installed.ts';
import { isFit, versionIn } from './versions.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-sources-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('where a component may be installed', () => {
  it('is asked in the order of envtest, PATH last', () => {
    const env = {
      TEST_ASSET_KUBE_APISERVER: '/t/api',
      KUBEBUILDER_ASSETS: '/k',
      PATH: '/usr/bin:relative:/bin',
    };
    expect(candidatesFor('kube-apiserver', env)).toEqual([
      { source: 'environment', path: '/t/api' },
      { source: 'environment', path: '/k/kube-apiserver' },
      { source: 'path', path: '/usr/bin/kube-apiserver' },
      { source: 'path', path: '/bin/kube-apiserver' },
    ]);
    expect(candidatesFor('etcd', {})).toEqual([]);
  });
});

describe('what a binary says of itself', () => {
  it.each<[Component, string, string | undefined]>([
    ['kube-apiserver', 'Kubernetes v1.36.3\n', '1.36.3'],
    ['etcd', 'etcd Version: 3.6.8\nGit SHA: x\n', '3.6.8'],
    ['kubectl', 'Client Version: v1.32.3\nKustomize Version: v5.5.0\n', '1.32.3'],
    ['kube-scheduler', 'hello\n', undefined],
  ])('%s: %j is %s', (component, output, version) => {
    expect(versionIn(component, output)).toBe(version);
  });

  it.each<[Component, string, 'minor' | 'exact', boolean]>([
    ['kube-apiserver', '1.36.3', 'exact', true],
    ['kube-apiserver', '1.36.2', 'exact', false],
    ['kube-apiserver', '1.36.2', 'minor', true],
    ['kube-apiserver', '1.35.3', 'minor', false],
    ['kubectl', '1.3.6', 'minor', false],
    ['etcd', '3.4.31', 'minor', false],
    ['etcd', '3.5.12', 'exact', false],
    ['etcd', '3.5.13', 'exact', true],
    ['etcd', '3.6.8', 'exact', true],
    ['etcd', '4.0.0', 'exact', true],
    ['etcd', '3.6', 'exact', true],
    ['etcd', '3.5', 'exact', false],
  ])('%s %s for 1.36, %s: %s', (component, version, strictness, fit) => {
    expect(isFit(component, version, '1.36', strictness)).toBe(fit);
  });
});

const binary = (source: Binary['source']): Binary => ({ path: '/x', source, isOurs: false });

describe('an incomplete set', () => {
  it('keeps what was named on purpose and nothing that just lies on PATH', () => {
    const files = { etcd: binary('path'), kubectl: binary('environment'), 'kube-scheduler': undefined };
    expect(withoutStrays(files)).toEqual({ kubectl: binary('environment') });
  });

  it('is complete with what PATH has', () => {
    const files = Object.fromEntries(components.map((component) => [component, binary('path')]));
    expect(withoutStrays(files)).toEqual(files);
  });
});

describe('installed binaries', () => {
  it('are run to learn their version, and one that is not fit is named with the reason', async () => {
    const put = async (name: string, script: string) => {
      await writeFile(join(directory, name), script);
      await chmod(join(directory, name), 0o755);
    };
    await put('kube-apiserver', '#!/bin/sh\necho Kubernetes v1.36.1\n');
    await put('kube-scheduler', '#!/bin/sh\necho Kubernetes v1.35.1\n');
    await put('etcd', 'not a program\0');
    const said: string[] = [];
    const found = await findInstalled('1.36', { KUBEBUILDER_ASSETS: directory }, (message) => said.push(message));
    expect(Object.keys(found)).toEqual(['kube-apiserver']);
    expect(said.join('\n')).toContain('kube-scheduler is left out: it is 1.35.1, which is not for Kubernetes 1.36');
    expect(said.join('\n')).toMatch(/etcd is left out: it says: /);
  });
});
