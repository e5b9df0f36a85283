import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@roadstead/foundation';
import { type Environment, ensureMoto, type Moto, type MotoTools, startMoto } from '@roadstead/sandbox-moto';
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';

/** A gateway with a moto of its own behind it, for tests. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly tools: MotoTools;
  readonly moto: Moto;
  readonly directory: string;
  readonly close: () => Promise<void>;
}

/** Where every test of this machine keeps the Python environment: made once. */
export function testCacheDirectory(environment: Environment): string {
  return join(environment['XDG_CACHE_HOME'] ?? join(environment['HOME'] ?? tmpdir(), '.cache'), 'roadstead');
}

/** Starts moto and a gateway on free ports, in a directory that is removed at the end. About a second when cached. */
export async function startTestGateway(
  environment: Environment,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-gateway-'));
  const tools = await ensureMoto({ cacheDirectory: testCacheDirectory(environment), environment });
  const moto = await startMoto({ tools, environment, directory });
  const gateway = await createGateway({
    botocoreData: tools.botocoreData,
    upstreamUrl: moto.url,
    clock: systemClock,
    controlToken: 'test',
    ...options,
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    await moto.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { gateway, tools, moto, directory, close };
}
