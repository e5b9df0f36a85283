import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForStop } from './stop-signals.ts';

function listening() {
  const source = new EventEmitter();
  const signals = listenForStop(source);
  const state = () => ({ stop: signals.stop.aborted, abort: signals.abort.aborted, endedBy: signals.endedBy() });
  // As a process does it: a listener is given the name of the signal.
  return { source, signals, state, send: (signal: string) => source.emit(signal, signal) };
}

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'])('outside of steps ends at the first (%s)', (signal) => {
    const { source, state, send } = listening();
    send(signal);
    expect(state()).toEqual({ stop: true, abort: true, endedBy: signal });
    expect(source.listenerCount(signal)).toBe(0);
  });

  it('inside steps stops at the next safe one, and at once the second time', async () => {
    const { signals, state, send } = listening();
    await signals.inSteps(async () => {
      send('SIGINT');
      expect(state()).toEqual({ stop: true, abort: false, endedBy: undefined });
      send('SIGTERM');
      expect(state()).toEqual({ stop: true, abort: true, endedBy: 'SIGTERM' });
    });
  });

  it('after steps, as in the summary that follows them, ends at the first again', async () => {
    const { signals, state, send } = listening();
    await signals.inSteps(async () => undefined);
    send('SIGINT');
    expect(state()).toMatchObject({ abort: true });
  });
});
