import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { screenOf } from '../../apps/cli/src/testing/screen.ts';
import { root } from './sandbox.ts';

export interface TerminalOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly rows?: number;
}

/** A program at a terminal, as somebody sits in front of it. */
export interface AtTerminal {
  /** Everything that the terminal was sent so far, echoes of keys included. */
  sent(): string;
  /** What it shows of that. */
  screen(): string[];
  /** Presses keys; Ctrl-C is `\u0003`. */
  press(keys: string): void;
  /** Waits until it was sent such words; rejects when the program ends without, or after two minutes. */
  until(words: RegExp): Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Runs a line of shell at a terminal of its own (that of util-linux's `script`), in the checkout. At most five minutes. */
export function atTerminal(line: string, { env, columns = 100, rows = 30 }: TerminalOptions): AtTerminal {
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; ${line}`, '/dev/null'], {
    cwd: root,
    // A CI has nobody at its terminal, so that of the test is none of a CI.
    env: { ...env, SHELL: '/bin/sh', TERM: 'xterm', CI: '', NO_COLOR: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 300_000,
  });
  let sent = '';
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    sent += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      resolve(code);
    });
  });
  return {
    sent: () => sent,
    screen: () => screenOf(sent, columns),
    press: (keys) => void child.stdin.write(keys),
    until: async (words) => {
      for (let waited = 0; waited < 120_000 && !words.test(sent); waited += 20) {
        if (over) throw new Error(`it ended without ${words}:\n${sent}`);
        await sleep(20);
      }
      if (!words.test(sent)) throw new Error(`it does not say ${words}:\n${sent}`);
    },
    ended,
  };
}
