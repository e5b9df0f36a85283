import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { messageOf } from '@roadstead/foundation';
import { defaultCacheDirectory } from '@roadstead/sandbox-control-plane/machine';
import { ensureMoto } from '@roadstead/sandbox-moto';
import { codeOf } from './process/child.ts';

/** Makes the real parts of the sandbox ready: the pinned Python environment and the control-plane binaries. Cached by content. */
const root = join(import.meta.dirname, '..', '..');

async function ensureControlPlane(): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'sandbox/control-plane/src/ensure-cli.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if ((await codeOf(child)) !== 0) throw new Error('the control-plane binaries could not be made ready (see above)');
}

try {
  await Promise.all([
    ensureMoto({
      cacheDirectory: defaultCacheDirectory(process.env),
      environment: process.env,
      onProgress: (message) => process.stderr.write(`${message}\n`),
    }),
    ensureControlPlane(),
  ]);
} catch (error) {
  process.stderr.write(`roadstead: ${messageOf(error)}\n`);
  if (error instanceof Error && 'hint' in error && typeof error.hint === 'string')
    process.stderr.write(`  ${error.hint}\n`);
  process.exitCode = 1;
}
