import { clusterJsonSchema } from '@roadstead/definition';
import type { CommandContext } from './context.ts';

/** `roadstead schema`: the JSON Schema of a cluster file, for completion and checks in editors. */
export async function schemaCommand({ console }: CommandContext): Promise<number> {
  console.out(JSON.stringify(clusterJsonSchema(), undefined, 2));
  return 0;
}
