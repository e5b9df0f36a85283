import { withoutField } from '../kube/field-path.ts';
import { type KubeClient, KubeError, type KubeObject } from '../kube/kube-client.ts';
import type { ObjectRef } from '../model.ts';

export type ResolveConflicts = 'NONE' | 'OVERWRITE' | 'PRESERVE';

const fieldManager = 'eks';

/** Fields that others own stop an add-on under NONE: `Deployment.apps coredns - .spec.replicas`. */
export class AddonConflict extends Error {
  override readonly name = 'AddonConflict';
  readonly conflicts: readonly string[];

  constructor(conflicts: readonly string[]) {
    super(
      `Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: ${conflicts.join(', ')}`,
    );
    this.conflicts = conflicts;
  }
}

/**
 * Applies an add-on's objects under EKS's manager. OVERWRITE takes fields from their owners; PRESERVE leaves them; NONE
 * rejects with an `AddonConflict` before anything is written.
 */
export async function applyAddon(
  kube: KubeClient,
  objects: readonly KubeObject[],
  mode: ResolveConflicts,
  signal: AbortSignal,
): Promise<readonly ObjectRef[]> {
  if (mode === 'NONE') await refuseConflicts(kube, objects, signal);
  for (const object of objects) {
    if (mode === 'PRESERVE') await applyPreserving(kube, object, signal);
    else await kube.apply(object, { fieldManager, force: mode === 'OVERWRITE' }, signal);
  }
  return objects.map(refOf);
}

async function refuseConflicts(kube: KubeClient, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  const found: string[] = [];
  for (const object of objects) {
    const conflicts = await conflictsOf(kube, object, signal);
    found.push(...conflicts.map((field) => `${describe(object)} - ${field}`));
  }
  if (found.length > 0) throw new AddonConflict(found);
}

async function conflictsOf(kube: KubeClient, object: KubeObject, signal: AbortSignal): Promise<readonly string[]> {
  try {
    await kube.apply(object, { fieldManager, force: false, dryRun: true }, signal);
    return [];
  } catch (error) {
    if (error instanceof KubeError && error.status === 409 && error.conflicts.length > 0) return error.conflicts;
    throw error;
  }
}

async function applyPreserving(kube: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
  const conflicts = await conflictsOf(kube, object, signal);
  const kept = conflicts.reduce((rest, field) => withoutField(rest, field), object);
  await kube.apply(kept, { fieldManager, force: false }, signal);
}

export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

export function sameObject(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}

function describe(object: KubeObject): string {
  const group = object.apiVersion.includes('/') ? `.${object.apiVersion.split('/')[0]}` : '';
  return `${object.kind}${group} ${object.metadata.name}`;
}
