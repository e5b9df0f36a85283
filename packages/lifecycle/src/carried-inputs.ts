import { type Inputs, parseInputs } from '@roadstead/definition';
import { canonicalJson, digestOf, isRoadsteadError } from '@roadstead/foundation';
import { fieldManager, inventoryNamespace, type KubernetesClient, type KubernetesReader } from '@roadstead/kubernetes';
import type { ClusterRecord } from '@roadstead/store';

/**
 * Where a cluster carries the inputs of the run that was at work on it last, for machines that have no record of that run.
 * No component's inventory has this name: those begin with `roadstead-`.
 */
export const carrierRef = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: inventoryNamespace,
  name: 'roadstead.inputs',
} as const;

/**
 * What the cluster carries; nothing where it carries none, carries what nobody can read, or does not let this caller look: then
 * inputs are read back from what is there.
 */
export async function readCarriedInputs(
  client: Pick<KubernetesReader, 'get'>,
  signal: AbortSignal,
): Promise<Inputs | undefined> {
  try {
    const carrier = await client.get(carrierRef, signal);
    const text = (carrier?.data as { readonly inputs?: unknown } | undefined)?.inputs;
    const read = typeof text === 'string' ? parseInputs(text) : undefined;
    return read !== undefined && 'inputs' in read ? read.inputs : undefined;
  } catch (error) {
    if (isRoadsteadError(error, 'KUBE_UNAUTHORIZED') || isRoadsteadError(error, 'KUBE_FORBIDDEN')) return undefined;
    throw error;
  }
}

/** Lets the cluster carry these inputs. Writes nothing when it does already. */
export async function carryInputs(
  client: Pick<KubernetesClient, 'get' | 'apply'>,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<void> {
  const carried = await readCarriedInputs(client, signal);
  if (carried !== undefined && digestOf(carried) === digestOf(inputs)) return;
  const { namespace, name, apiVersion, kind } = carrierRef;
  const carrier = { apiVersion, kind, metadata: { name, namespace }, data: { inputs: canonicalJson(inputs) } };
  await client.apply(carrier, { fieldManager, force: true }, signal);
}

/**
 * The inputs to go on with: this machine's record, unless a run that the record knows nothing of has made the cluster anew since.
 * The record knows of what it holds itself and of what its inputs were chosen from. Nothing when nothing is known.
 */
export function chooseInputs(
  record: Pick<ClusterRecord, 'inputs' | 'inputsBase'> | undefined,
  carried: Inputs | undefined,
): Inputs | undefined {
  if (carried === undefined || record?.inputs === undefined) return carried ?? record?.inputs;
  const digest = digestOf(carried);
  return digest === record.inputsBase || digest === digestOf(record.inputs) ? record.inputs : carried;
}
