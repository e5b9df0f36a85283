import type { Document, LineCounter } from 'yaml';
import { z } from 'zod';
import { type Path, type PositionIndex, positionIndex } from './positions.ts';
import { type Problem, sortProblems } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';

export type BySchema<T> =
  | { readonly value: T; readonly positions: PositionIndex }
  | { readonly problems: readonly Problem[]; readonly positions: PositionIndex };

/** Reads a YAML document without faults (`readYaml`) as a schema says; what is wrong has its place in the file, and near matches of unknown keys. */
export function parseBySchema<T>(
  schema: z.ZodType<T>,
  input: { readonly file: string; readonly document: Document; readonly lines: LineCounter },
): BySchema<T> {
  const positions = positionIndex(input.document, input.lines);
  return {
    ...readBySchema(schema, input.document.toJS({ maxAliasCount: -1 }), { file: input.file, positions }),
    positions,
  };
}

/** Reads a value as a schema says; `positions` tells where its parts stand. */
export function readBySchema<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { file, positions }: { readonly file: string; readonly positions: PositionIndex },
): { readonly value: T } | { readonly problems: readonly Problem[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const keysAt = (path: Path): readonly string[] =>
    keysOf(z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as SchemaNode, path);
  return { problems: sortProblems(schemaProblems(file, parsed.error.issues, { value, positions, keysAt })) };
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

function keysOf(root: SchemaNode, path: Path): readonly string[] {
  let node: SchemaNode | undefined = root;
  for (const step of path) node = typeof step === 'number' ? node?.items : node?.properties?.[step];
  return Object.keys(node?.properties ?? {});
}
