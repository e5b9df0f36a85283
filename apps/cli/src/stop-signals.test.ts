import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForStop } from './stop-signals.ts';

function listening() {
  const source = new EventEmitter();
  const told: string[] = [];
  const signals = listenForStop({ onStop: () => told.push('stop'), onAbort: () => told.push('abort') }, source);
  const state = () => ({ stop: signals.stop.aborted, abort: signals.abort.aborted, told: told.join(' ') });
  return { source, signals, state };
}

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'])('outside of steps ends at the first, without a word of steps (%s)', (signal) => {
    const { source, state } = listening();
    source.emit(signal);
    expect(state()).toEqual({ stop: true, abort: true, told: '' });
    expect(source.listenerCount(signal)).toBe(0);
  });

  it('inside steps stops at the next safe one, and at once the second time', async () => {
    const { source, signals, state } = listening();
    await signals.inSteps(async () => {
      source.emit('SIGINT');
      expect(state()).toEqual({ stop: true, abort: false, told: 'stop' });
      source.emit('SIGINT');
      expect(state()).toEqual({ stop: true, abort: true, told: 'stop abort' });
    });
  });

  it('after steps, as in the summary that follows them, ends at the first again', async () => {
    const { source, signals, state } = listening();
    await signals.inSteps(async () => undefined);
    source.emit('SIGINT');
    expect(state()).toMatchObject({ abort: true });
  });
});
