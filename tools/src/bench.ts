import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@roadstead/foundation';
import { benchApply } from '../../bench/src/apply-bench.ts';
import { benchDemo } from '../../bench/src/demo-bench.ts';
import { readEnvironment } from '../../bench/src/environment.ts';
import { benchRender } from '../../bench/src/render-bench.ts';
import { codeOf } from './process/child.ts';

/**
 * `npm run bench -- [apply] [render] [demo]` (all when none is named): measures ours and a peer's in one run, in turn, and
 * prints one JSON document on standard output. Progress is on standard error.
 */
const root = join(import.meta.dirname, '..', '..');
const onProgress = (message: string): void => void process.stderr.write(`${message}\n`);

const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  apply: () => benchApply({ objects: 400, rounds: 5, restMs: 1000, onProgress }),
  render: () => benchRender({ few: 100, many: 1000, rounds: 3, onProgress }),
  demo: () => benchDemo({ rounds: 3, onProgress }),
};

/** The real parts, as the demo has them: cached after the first time, and in no figure. */
async function ensureParts(): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'tools/src/ensure.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if ((await codeOf(child)) !== 0) throw new Error('the real parts could not be made ready (see above)');
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => benches[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`no bench is called ${unknown}; there are ${Object.keys(benches).join(', ')}`);
  const chosen = names.length === 0 ? Object.keys(benches) : names;
  if (chosen.some((name) => name !== 'render')) await ensureParts();
  const environment = await readEnvironment(root);
  const results: Record<string, unknown> = {};
  for (const name of chosen) {
    const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
    results[name] = { loadBefore, ...((await benches[name]?.()) as object) };
  }
  process.stdout.write(`${JSON.stringify({ environment, ...results }, undefined, 2)}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`roadstead bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
