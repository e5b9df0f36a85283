import { isRoadsteadError } from '@roadstead/foundation';
import { progressLine } from './binaries/progress.ts';
import { binaryProvider } from './binaries/resolve-binaries.ts';
import { components, isMinor, minors } from './components.ts';
import { defaultCacheDirectory } from './machine/cache-directory.ts';

/**
 * Makes sure that the binaries are there: `node ensure-cli.ts [minor…]`, the newest by default. Progress goes to standard
 * error, `minor component path` lines to standard output. Exit codes: 0 there, 1 not to be had, 2 wrong arguments.
 */
async function main(asked: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const wrong = asked.find((text) => !isMinor(text));
  if (wrong !== undefined) {
    process.stderr.write(`${wrong} is no minor that the sandbox plays; it plays ${minors.join(', ')}\n`);
    return 2;
  }
  const cacheDirectory = defaultCacheDirectory(env);
  const onProgress = (progress: Parameters<typeof progressLine>[0]) =>
    void process.stderr.write(`${progressLine(progress)}\n`);
  const provide = binaryProvider({ cacheDirectory, env, onProgress });
  const chosen = asked.length === 0 ? minors.slice(-1) : asked.filter(isMinor);
  for (const minor of chosen) {
    const { files } = await provide(minor);
    for (const component of components) process.stdout.write(`${minor} ${component} ${files[component].path}\n`);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  if (!isRoadsteadError(error)) throw error;
  process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
  process.exitCode = 1;
}
