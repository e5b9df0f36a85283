import type { Json, JsonObject } from '@roadstead/foundation';

/** Outputs by stack id (`network`, `pool-app`, `cluster`) and name; what is not known yet is missing. */
export interface Outputs {
  readonly [stack: string]: { readonly [output: string]: string } | undefined;
}

export interface Resolved<T extends Json = Json> {
  /** Holes that could not be filled stay as they are. */
  readonly value: T;
  /** Their references, as `outputs.network.VpcId`, sorted, each once. */
  readonly unknown: readonly string[];
}

/** Fills the late values of a rendered value with what is known. A hole that stands for a scalar becomes that scalar's text. */
export function resolveLate<T extends Json>(value: T, outputs: Outputs): Resolved<T> {
  const unknown = new Set<string>();
  const filled = fill(value, outputs, unknown);
  return { value: filled as T, unknown: [...unknown].sort() };
}

/** The references of every hole in a value, sorted, each once. */
export function lateReferences(value: Json): readonly string[] {
  return resolveLate(value, {}).unknown;
}

/** The stack that a reference names: `network` of `outputs.network.VpcId`. */
export function stackOfReference(reference: string): string {
  return reference.split('.')[1] ?? '';
}

/** As `known after network`, for each stack that is still to answer. */
export function knownAfter(unknown: readonly string[]): readonly string[] {
  return [...new Set(unknown.map((reference) => `known after ${stackOfReference(reference)}`))].sort();
}

/** The reference of a hole, or undefined for any other value. */
export function holeReference(value: Json | undefined): string | undefined {
  if (value === undefined || !isObject(value)) return undefined;
  const reference = value.$late;
  return typeof reference === 'string' ? reference : undefined;
}

function fill(value: Json, outputs: Outputs, unknown: Set<string>): Json {
  if (Array.isArray(value)) return value.flatMap((member) => spread(member, fill(member, outputs, unknown)));
  if (!isObject(value)) return value;
  const reference = holeReference(value);
  if (reference !== undefined) {
    const known = lookUp(reference, outputs);
    if (known === undefined) unknown.add(reference);
    return known ?? value;
  }
  if (Array.isArray(value.$lateText)) return fillText(value, value.$lateText, outputs, unknown);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member, outputs, unknown)]));
}

/**
 * CloudFormation outputs are text, so a list travels as `a,b,c`: inside a list, one hole that answers with commas
 * stands for all of its members, which is what `subnetIds: [${{ outputs.network.PrivateSubnets }}]` means.
 */
function spread(hole: Json, filled: Json): readonly Json[] {
  if (holeReference(hole) === undefined || typeof filled !== 'string' || !filled.includes(',')) return [filled];
  return filled.split(',');
}

function fillText(whole: JsonObject, parts: readonly Json[], outputs: Outputs, unknown: Set<string>): Json {
  const texts = parts.map((part) => fill(part, outputs, unknown));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : whole;
}

function lookUp(reference: string, outputs: Outputs): string | undefined {
  const [root, stack, ...rest] = reference.split('.');
  if (root !== 'outputs' || stack === undefined) return undefined;
  return outputs[stack]?.[rest.join('.')];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
