import { messageOf } from '@roadstead/foundation';
import { sourceFlag } from '../cluster-source.ts';
import type { Console } from '../output/console.ts';
import { type Summary, summaryText } from '../output/summary.ts';
import type { OutputFormat } from './context.ts';

interface Subject {
  /** Of the cluster. */
  readonly name: string;
  readonly file: string;
  readonly output: OutputFormat;
}

/** The page after a good run. The run is done whatever comes of the page, so one that cannot be read is told and is no failure. */
export async function tellSummary(
  console: Console,
  { name, file, output }: Subject,
  read: () => Promise<Summary>,
): Promise<void> {
  try {
    const summary = await read();
    if (output === 'json') console.json({ type: 'summary', ...summary });
    else for (const line of summaryText(summary, file, console.colours.err)) console.err(line);
  } catch (error) {
    const unreadable = messageOf(error);
    if (output === 'json') console.json({ type: 'summary', cluster: name, unreadable });
    console.err(`${name} is up. The page about it could not be read: ${unreadable}`);
    console.err(`  roadstead status ${sourceFlag(file)}`);
  }
}
