import { RoadsteadError } from '@roadstead/foundation';
import { type Archive, clusterIdOf, isHolderGone, type PastRun, readHistory, readRun } from '@roadstead/lifecycle';
import { loadDeclared, type SourceOptions } from '../load.ts';
import { historyText, pastRunText } from '../output/history-text.ts';
import { openRecorded } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';

export interface HistoryOptions extends SourceOptions {
  readonly output: OutputFormat;
  /** How many runs are listed; absent: as many as are kept. */
  readonly limit?: string;
  /** One run instead, by the beginning of its id. */
  readonly run?: string;
}

/** `roadstead history`: what was run on the cluster, as the journal has it. Asks neither AWS nor the cluster. */
export async function historyCommand(context: CommandContext, options: HistoryOptions): Promise<number> {
  const { cluster } = await loadDeclared(context, options);
  const store = await openRecorded(context);
  try {
    const archive = { store, clock: context.clock, isGone: isHolderGone };
    const subject = { name: cluster.name, id: clusterIdOf(cluster) };
    await (options.run === undefined
      ? tellRuns(context, archive, { ...options, ...subject })
      : tellRun(context, archive, { ...options, ...subject, run: options.run }));
    return 0;
  } finally {
    await store.close();
  }
}

/** `id` is the store's, `name` a person's. */
type Asked = HistoryOptions & { readonly id: string; readonly name: string };

async function tellRuns({ console }: CommandContext, archive: Archive, asked: Asked): Promise<void> {
  const { name: cluster, id, limit } = asked;
  const runs = await readHistory(archive, id, limit === undefined ? undefined : Number(limit));
  if (asked.output === 'json') console.json({ cluster, runs }, 2);
  else for (const line of historyText(cluster, runs, console.colours.out)) console.tell(line);
}

async function tellRun(
  { console }: CommandContext,
  archive: Archive,
  asked: Asked & { readonly run: string },
): Promise<void> {
  const { name: cluster } = asked;
  const run = await readRun(archive, meant(await readHistory(archive, asked.id), asked));
  if (asked.output === 'json') console.json({ cluster, ...run }, 2);
  else for (const line of pastRunText(cluster, run, console.colours.out)) console.tell(line);
}

/** The one run whose id begins with what was given. */
function meant(runs: readonly PastRun[], { run, name }: { readonly run: string; readonly name: string }): PastRun {
  const [found, ...more] = runs.filter(({ id }) => id.startsWith(run.toLowerCase()));
  if (found !== undefined && more.length === 0) return found;
  throw new RoadsteadError(
    `${found === undefined ? 'No run' : 'More than one run'} of ${name} is known whose id begins with ${run}`,
    {
      code: 'WRONG_INPUT',
      value: run,
      hint: '`roadstead history` without --run lists those that are kept; the first characters of an id are enough.',
    },
  );
}
