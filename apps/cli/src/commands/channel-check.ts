import { checkChannel, readChannel } from '@roadstead/channel';
import { hasErrors } from '@roadstead/definition';
import { channelDirectory, problemLines } from '../load.ts';
import { WrongInput } from '../output/error-text.ts';
import type { CommandContext } from './context.ts';

/** `roadstead channel check`: unknown names, type errors, undeclared outputs, cycles; without any cluster. */
export async function channelCheckCommand(
  { config, console, abort }: CommandContext,
  channel: string | undefined,
): Promise<number> {
  const directory = channelDirectory(config, channel);
  const read = await readChannel(directory, { signal: abort });
  const problems = [...read.problems, ...(read.channel === undefined ? [] : checkChannel(read.channel))];
  if (hasErrors(problems)) throw new WrongInput(problemLines(problems));
  for (const line of problemLines(problems)) console.err(line);
  const { channel: found } = read;
  if (found !== undefined)
    console.out(
      `channel ${found.name} is in order: ${found.stacks.length} stacks, ${found.components.length} components, Kubernetes ${found.kubernetes.join(', ')}`,
    );
  return 0;
}
