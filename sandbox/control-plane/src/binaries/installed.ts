import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@roadstead/foundation';
import { type Binary, type Component, components, type Minor } from '../components.ts';
import { isFit, versionArguments, versionIn } from './versions.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type PartialFiles = Readonly<Partial<Record<Component, Binary>>>;

export interface Candidate {
  readonly source: 'environment' | 'path';
  readonly path: string;
}

const run = promisify(execFile);

/** Where a component may be installed, in envtest's order; relative entries of PATH are left out. */
export function candidatesFor(component: Component, env: Environment): readonly Candidate[] {
  const named = env[`TEST_ASSET_${component.toUpperCase().replaceAll('-', '_')}`];
  const assets = env.KUBEBUILDER_ASSETS;
  const folders = (env.PATH ?? '').split(delimiter).filter(isAbsolute);
  return [
    ...(named ? [{ source: 'environment' as const, path: named }] : []),
    ...(assets ? [{ source: 'environment' as const, path: join(assets, component) }] : []),
    ...folders.map((folder) => ({ source: 'path' as const, path: join(folder, component) })),
  ];
}

/**
 * What is installed and fits. What PATH has counts only where it completes the set: a stray etcd there must not change
 * what runs.
 */
export async function findInstalled(
  minor: Minor,
  env: Environment,
  report: (message: string) => void,
): Promise<PartialFiles> {
  const found = await Promise.all(components.map((component) => firstFit(component, minor, env, report)));
  const files = Object.fromEntries(components.map((component, index) => [component, found[index]]));
  return withoutStrays(files);
}

export function withoutStrays(files: Readonly<Partial<Record<Component, Binary | undefined>>>): PartialFiles {
  const present = Object.entries(files).filter(([, binary]) => binary !== undefined);
  if (present.length === components.length) return Object.fromEntries(present);
  return Object.fromEntries(present.filter(([, binary]) => binary?.source === 'environment'));
}

async function firstFit(
  component: Component,
  minor: Minor,
  env: Environment,
  report: (message: string) => void,
): Promise<Binary | undefined> {
  for (const { source, path } of candidatesFor(component, env)) {
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(component, path);
    if (version.ok && isFit(component, version.text, minor, source === 'environment' ? 'minor' : 'exact')) {
      return { path, source, isOurs: false };
    }
    const reason = version.ok ? `is ${version.text}, which is not for Kubernetes ${minor}` : `says: ${version.text}`;
    if (source === 'environment') report(`${path} is left out: it ${reason}`);
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(component: Component, path: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const { stdout } = await run(path, [...versionArguments[component]], { timeout: 10_000, env: {} });
    const version = versionIn(component, stdout);
    return version === undefined ? { ok: false, text: 'nothing that is a version' } : { ok: true, text: version };
  } catch (error) {
    return { ok: false, text: messageOf(error).split('\n')[0] ?? '' };
  }
}
