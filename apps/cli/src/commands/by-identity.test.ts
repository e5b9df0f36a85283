import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FakeClock } from '@roadstead/foundation';
import { createColors } from 'picocolors';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import type { CommandContext } from './context.ts';
import { downCommand } from './down.ts';
import { kubeconfigCommand } from './kubeconfig.ts';
import { planCommand } from './plan.ts';
import { statusCommand } from './status.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-identity-'));
  file = join(directory, 'shop.yaml');
  await writeFile(
    file,
    `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  kubernetes: "1.29"
  nodePools: [{name: app, instanceTypes: [m6i.large]}]
`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

/** Ends before its first call of AWS; where the reference channel lies is not told. */
function context(): CommandContext {
  const ended = AbortSignal.abort(new Error('ended before AWS is asked'));
  return {
    config: {
      ...readConfig({}),
      stateDirectory: directory,
      awsEndpoint: 'http://127.0.0.1:1',
      get root(): string {
        throw new Error('asked for the channel');
      },
    },
    console: { out: () => {}, err: () => {}, colours: createColors(false) } as unknown as CommandContext['console'],
    input: Readable.from([]),
    clock: new FakeClock(),
    stop: ended,
    abort: ended,
    inSteps: (work) => work(),
  };
}

const json = { output: 'json' } as const;
const commands: Record<string, () => Promise<number>> = {
  plan: () => planCommand(context(), { ...json, file, refreshInputs: false, exitCode: false }),
  down: () => downCommand(context(), { ...json, file, yes: true, deleteVolumes: false, deleteLogs: false }),
  status: () => statusCommand(context(), { ...json, file }),
  kubeconfig: () =>
    kubeconfigCommand(context(), { ...json, file, kubeconfig: join(directory, 'kubeconfig'), use: false }),
};

// A cluster must be found and taken down though the channel has dropped its version since.
it.each([
  ['plan', 'asked for the channel'],
  ['down', 'ended before AWS is asked'],
  ['status', 'ended before AWS is asked'],
  ['kubeconfig', 'ended before AWS is asked'],
])('%s comes as far as: %s', async (name, end) => {
  await expect(commands[name]?.()).rejects.toThrow(end);
});
