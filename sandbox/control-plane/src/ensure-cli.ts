import { parseArgs } from 'node:util';
import { isRoadsteadError, messageOf } from '@roadstead/foundation';
import { type DownloadSites, upstreamSites } from './binaries/download.ts';
import { progressLine } from './binaries/progress.ts';
import { binaryProvider } from './binaries/resolve-binaries.ts';
import { components, isMinor, type Minor, minors } from './components.ts';
import { defaultCacheDirectory } from './machine/cache-directory.ts';

const usage = 'ensure-cli.ts [--releases URL] [--index URL] [minor…]';

/**
 * Makes sure that the binaries are there: `node ensure-cli.ts [minor…]`, the newest by default; `--releases` and
 * `--index` name mirrors of upstream's sites. Progress goes to standard error, `minor component path` lines to standard
 * output. Exit codes: 0 there, 1 not to be had, 2 wrong arguments.
 */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const asked = read(args);
  if ('wrong' in asked) {
    process.stderr.write(`${asked.wrong}\nusage: ${usage}\n`);
    return 2;
  }
  const cacheDirectory = defaultCacheDirectory(env);
  const onProgress = (progress: Parameters<typeof progressLine>[0]) =>
    void process.stderr.write(`${progressLine(progress)}\n`);
  const provide = binaryProvider({ cacheDirectory, env, onProgress, sites: asked.sites });
  for (const minor of asked.minors) {
    const { files } = await provide(minor);
    for (const component of components) process.stdout.write(`${minor} ${component} ${files[component].path}\n`);
  }
  return 0;
}

function read(args: readonly string[]): { minors: readonly Minor[]; sites: DownloadSites } | { wrong: string } {
  try {
    const text = { type: 'string' } as const;
    const options = { releases: text, index: text };
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const wrong = positionals.find((minor) => !isMinor(minor));
    if (wrong !== undefined) return { wrong: `${wrong} is no minor that the sandbox plays: ${minors.join(', ')}` };
    const chosen = positionals.length === 0 ? minors.slice(-1) : positionals.filter(isMinor);
    return { minors: chosen, sites: { ...upstreamSites, ...values } };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  if (!isRoadsteadError(error)) throw error;
  process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
  process.exitCode = 1;
}
