import type { EventEmitter } from 'node:events';
import { createColors } from 'picocolors';
import { asStarted } from './program-name.ts';
import { cutTo, printable, widthOf } from './terminal-text.ts';

export type Colours = ReturnType<typeof createColors>;

/**
 * Where everything that people read goes: what was asked for to standard output, everything else to standard error. In words
 * and in hints the program is called as it was started.
 */
export interface Console {
  /** By stream: one may be a terminal and the other a file. */
  readonly colours: { readonly out: Colours; readonly err: Colours };
  /** Whether lines on standard error may be drawn over. */
  readonly live: boolean;
  /** What was asked for, byte for byte. */
  out(text: string): void;
  /** What was asked for, in words. */
  tell(line: string): void;
  /** What was asked for, as JSON: on one line, or indented to be read. */
  json(value: object, indent?: number): void;
  /** Talk about the work. With JSON output it is left out: results and events say the same. */
  err(line: string): void;
  /** What went wrong, in every format. */
  fail(line: string): void;
  /**
   * Lines that stand below all others until they are drawn anew; none takes them away. Nothing happens where `live` is
   * false. Lines are cut to the terminal: one that wraps cannot be drawn over.
   */
  area(lines: readonly string[]): void;
  /** When all is handed over. Answers the first failure of a write; a reader that went away, as `| head`, is none. */
  flush(): Promise<Error | undefined>;
}

/** A standard stream, as far as it is used here. */
export interface Stream extends Pick<EventEmitter, 'on'> {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, written: () => void): unknown;
}

export interface ConsoleOptions {
  readonly out: Stream;
  readonly err: Stream;
  readonly colours: { readonly out: boolean; readonly err: boolean };
  readonly live: boolean;
  readonly program: string;
  /** False with JSON output. */
  readonly talks: boolean;
}

export function createConsole({ out, err, colours, live, program, talks }: ConsoleOptions): Console {
  const failures = new Map<Stream, NodeJS.ErrnoException>();
  for (const stream of [out, err]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!failures.has(stream)) failures.set(stream, error);
    });
  }
  let wanted: readonly string[] = [];
  let drawn: readonly string[] = [];
  const write = (stream: Stream, text: string): void => void stream.write(text, () => undefined);
  const erase = (): void => {
    if (drawn.length > 0) write(err, eraseText(drawn, err.columns ?? 80));
    drawn = [];
  };
  const draw = (): void => {
    drawn = fitting(wanted, err);
    if (drawn.length > 0) write(err, drawn.map((line) => `${line}\n`).join(''));
  };
  const print = (stream: Stream, line: string): void => {
    erase();
    // Ctrl-C is echoed where the cursor stands.
    write(stream, `${live && talks && stream === err ? '\r' : ''}${line}\n`);
    draw();
  };
  const words = (line: string): string => printable(asStarted(line, program));
  return {
    colours: { out: createColors(colours.out), err: createColors(colours.err) },
    live,
    out: (text) => print(out, text),
    tell: (line) => print(out, words(line)),
    json: (value, indent) => print(out, jsonText(value, program, indent)),
    err: (line) => {
      if (talks) print(err, words(line));
    },
    fail: (line) => print(err, words(line)),
    area: (lines) => {
      if (!live || !talks) return;
      wanted = lines;
      erase();
      draw();
    },
    flush: async () => {
      await Promise.all([out, err].map((stream) => new Promise<void>((resolve) => void stream.write('', resolve))));
      return [...failures.values()].find(({ code }) => code !== 'EPIPE');
    },
  };
}

/** JSON whose hints call the program as it was started. */
export function jsonText(value: object, program: string, indent?: number): string {
  const named = (key: string, member: unknown): unknown =>
    key === 'hint' && typeof member === 'string' ? asStarted(member, program) : member;
  return JSON.stringify(value, named, indent);
}

/** What of the lines a terminal shows at once without wrapping or scrolling. */
export function fitting(lines: readonly string[], { columns = 80, rows = 24 }: Partial<Stream>): readonly string[] {
  const most = Math.max(1, rows - 1);
  const shown = lines.length <= most ? lines : [...lines.slice(0, most - 1), `  … and ${lines.length - most + 1} more`];
  return shown.map((line) => cutTo(printable(line).replaceAll(/[\n\t]/g, ' '), Math.max(1, columns - 1)));
}

/**
 * Takes drawn lines off the terminal. They are counted by the width that it has now, for it may have been made narrower
 * since; from the first column, for Ctrl-C is echoed where the cursor stands.
 */
export function eraseText(drawn: readonly string[], columns: number): string {
  const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  return `\r\u001b[${rows}A\u001b[J`;
}
