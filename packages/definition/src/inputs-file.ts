import { z } from 'zod';
import type { Inputs } from './cluster.ts';

const zone = z.strictObject({ name: z.string().min(1), id: z.string().min(1) });
const count = z.int().min(0);
const facts = z.strictObject({
  vcpus: count,
  memoryMiB: count,
  architecture: z.enum(['x86_64', 'arm64']),
  maxEnis: count,
  ipv4PerEni: count,
  localDisks: count,
  zones: z.array(z.string()),
});
const inputsFile = z.strictObject({
  zones: z.array(zone).min(1),
  amiReleases: z.record(z.string(), z.string()),
  addonVersions: z.record(z.string(), z.string()),
  instanceTypes: z.record(z.string(), facts),
});

/** Reads a file of inputs: JSON. Says what is wrong with one that is none. */
export function parseInputs(text: string): { readonly inputs: Inputs } | { readonly mistakes: readonly string[] } {
  const parsed = inputsFile.safeParse(jsonOf(text));
  if (parsed.success) return { inputs: parsed.data };
  return { mistakes: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
