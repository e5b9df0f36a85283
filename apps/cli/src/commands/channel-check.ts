import { checkChannel, readChannel } from '@roadstead/channel';
import { formatProblem, hasErrors } from '@roadstead/definition';
import { channelDirectory } from '../load.ts';
import { WrongInput } from '../output/failure.ts';
import type { CommandContext, OutputFormat } from './context.ts';

/** `roadstead channel check`: unknown names, type errors, undeclared outputs, cycles; without any cluster. */
export async function channelCheckCommand(
  { config, console, abort }: CommandContext,
  options: { readonly channel?: string; readonly output: OutputFormat },
): Promise<number> {
  const { channel, problems: inFiles } = await readChannel(channelDirectory(config, options.channel), {
    signal: abort,
  });
  const problems = [...inFiles, ...(channel === undefined ? [] : checkChannel(channel))];
  if (channel === undefined || hasErrors(problems)) throw new WrongInput(problems);
  const found = {
    channel: channel.name,
    kubernetes: channel.kubernetes,
    stacks: channel.stacks.map(({ id }) => id),
    components: channel.components.map(({ name }) => name),
  };
  if (options.output === 'json') {
    console.json({ ...found, problems }, 2);
    return 0;
  }
  for (const problem of problems) console.err(formatProblem(problem));
  const counts = `${found.stacks.length} stacks, ${found.components.length} components`;
  console.tell(`channel ${found.channel} is in order: ${counts}, Kubernetes ${found.kubernetes.join(', ')}`);
  return 0;
}
