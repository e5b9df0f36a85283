import { EventEmitter } from 'node:events';
import { type Console, type ConsoleOptions, createConsole } from '../output/console.ts';

/** A stream that keeps what is written, and emits `text` when it was. */
export class RecordedStream extends EventEmitter {
  text = '';
  columns: number;
  rows: number;

  constructor(columns = 80, rows = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string, written: () => void): void {
    this.text += text;
    written();
    this.emit('text');
  }
}

export interface RecordedConsole {
  readonly console: Console;
  readonly out: RecordedStream;
  readonly err: RecordedStream;
}

/** The real console on streams that keep what is written: no terminal, no colours, unless asked for. */
export function recordedConsole(
  options: Partial<Omit<ConsoleOptions, 'out' | 'err'>> & { readonly columns?: number; readonly rows?: number } = {},
): RecordedConsole {
  const { columns, rows, ...more } = options;
  const out = new RecordedStream(columns, rows);
  const err = new RecordedStream(columns, rows);
  const plain = { program: 'roadstead', colours: { out: false, err: false }, live: false, talks: true };
  return { console: createConsole({ ...plain, ...more, out, err }), out, err };
}
