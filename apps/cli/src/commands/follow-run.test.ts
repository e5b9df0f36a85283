import { EventEmitter } from 'node:events';
import { FakeClock } from '@roadstead/foundation';
import type { RunOptions, RunOutcome } from '@roadstead/lifecycle';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { listenForStop } from '../stop-signals.ts';
import { recordedConsole } from '../testing/recorded-console.ts';
import type { OutputFormat } from './context.ts';
import { demandDone, followRun } from './follow-run.ts';

/** A run in which a person presses Ctrl-C so often. */
async function followed(output: OutputFormat, presses: number) {
  const source = new EventEmitter();
  const { console, out, err } = recordedConsole({ talks: output === 'text' });
  const stopping = listenForStop(source);
  const context = { config: readConfig({}), console, clock: new FakeClock(), ...stopping };
  const seen: string[] = [];
  const run = async ({ stop, abort, onEvent }: RunOptions): Promise<RunOutcome> => {
    onEvent({ type: 'step-started', id: 'a', what: 'stack a', phase: 'network' });
    for (let press = 0; press < presses; press++) source.emit('SIGINT', 'SIGINT');
    seen.push(`stop ${stop.aborted}`, `abort ${abort.aborted}`);
    onEvent({ type: 'step-done', id: 'a', seconds: 1 });
    return presses === 0 ? { state: 'done' } : { state: 'stopped', remaining: ['b'] };
  };
  const outcome = await followRun(context, { output }, run);
  const after = err.text;
  source.emit('SIGINT', 'SIGINT');
  return { outcome, context, seen, out: out.text, err: err.text, isQuiet: err.text === after };
}

describe('a run that is followed', () => {
  it.each([
    [0, [], ['stop false', 'abort false']],
    [1, ['Stopping at the next safe step … (Ctrl-C again stops at once)'], ['stop true', 'abort false']],
    [
      2,
      ['Stopping at the next safe step … (Ctrl-C again stops at once)', 'Stopping at once …'],
      ['stop true', 'abort true'],
    ],
  ])('tells each wish to stop once: %d presses', async (presses, told, state) => {
    const { err, seen, isQuiet } = await followed('text', presses);
    expect(err.split('\n')).toEqual(['   stack a', ...told, '   done: a in 1 s', '']);
    expect(seen).toEqual(state);
    expect(isQuiet).toBe(true);
  });

  it('tells it as events where JSON is asked for', async () => {
    const { out, err } = await followed('json', 2);
    const types = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['step-started', 'stopping', 'stopping', 'step-done']);
    expect(err).toBe('');
  });

  it('that came to its end is done; any other is thrown, with how it was stopped', async () => {
    const done = await followed('text', 0);
    expect(() => demandDone(done.outcome, done.context)).not.toThrow();
    const atOnce = await followed('text', 2);
    expect(() => demandDone(atOnce.outcome, atOnce.context)).toThrow(
      expect.objectContaining({ outcome: atOnce.outcome, atOnce: true }) as Error,
    );
  });
});
