import { createColors } from 'picocolors';

export type Colours = ReturnType<typeof createColors>;

/** Where everything that people read goes. Data asked for goes to `out`, talk about the work to `err`. */
export interface Console {
  readonly colours: Colours;
  /** Whether lines on `err` may be drawn over. */
  readonly live: boolean;
  out(line: string): void;
  err(line: string): void;
  /** Raw text on `err`, for a live area. */
  draw(text: string): void;
  /** Columns of the terminal behind `err`, now: a longer line wraps, and cannot be drawn over. */
  width(): number;
}

export function createConsole(options: { colours: boolean; live: boolean }): Console {
  // A reader that went away, as `| head`, is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    colours: createColors(options.colours),
    live: options.live,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    draw: (text) => void process.stderr.write(text),
    width: () => process.stderr.columns ?? 80,
  };
}
