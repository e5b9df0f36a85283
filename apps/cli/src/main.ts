import { readConfig } from './config.ts';
import { runCli } from './run-cli.ts';

const code = await runCli(process.argv.slice(2), {
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
  signals: process,
  readConfig: () => readConfig(),
});
// A pool that closes slowly must not hold the terminal: everything durable is written by now.
process.exit(code);
