import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RoadsteadError } from '@roadstead/foundation';
import { defaultCacheDirectory } from '@roadstead/sandbox-control-plane/machine';

/** What the daemon or its `env` command was asked for. */
export interface AppConfig {
  readonly command: 'run' | 'env' | 'sweep';
  readonly directory: string;
  /** AWS's time divided by the sandbox's. */
  readonly factor: number;
  readonly port: number | undefined;
  readonly json: boolean;
  readonly cacheDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const usage = 'main.ts [env | sweep] --directory DIR [--factor N] [--port P] [--json]';

/** Reads the command line and the environment; rejects what it does not know with WRONG_INPUT. */
export function readAppConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): AppConfig {
  const { values, positionals } = parse(args);
  const [command = 'run', ...more] = positionals;
  if (command !== 'run' && command !== 'env' && command !== 'sweep')
    throw wrongInput(`There is no command ${command}.`, command);
  if (more.length > 0) throw wrongInput(`${more.join(' ')} is too much.`, more);
  if (values.directory === undefined) throw wrongInput('--directory is missing.', undefined);
  return {
    command,
    directory: resolve(values.directory),
    factor: number(values.factor, 'factor', 60, (value) => value >= 1),
    port:
      values.port === undefined
        ? undefined
        : number(values.port, 'port', 0, (value) => Number.isInteger(value) && value < 65_536),
    json: values.json === true,
    cacheDirectory: defaultCacheDirectory(environment),
    environment,
  };
}

/** From now on this process and its children put temporary files there. */
export function useTemporaryFolder(path: string): void {
  process.env['TMPDIR'] = path;
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { directory: text, factor: text, port: text, json: { type: 'boolean' } },
    });
  } catch (cause) {
    throw wrongInput(cause instanceof Error ? cause.message : String(cause), args);
  }
}

function number(text: string | undefined, name: string, otherwise: number, fits: (value: number) => boolean): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || !fits(value))
    throw wrongInput(`--${name} ${text} will not do.`, text);
  return value;
}

function wrongInput(message: string, value: unknown): RoadsteadError {
  return new RoadsteadError(message, { code: 'WRONG_INPUT', value, hint: usage });
}
