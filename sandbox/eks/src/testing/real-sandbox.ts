import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@roadstead/foundation';
import { binaryProvider } from '@roadstead/sandbox-control-plane';
import { createGateway, type Gateway, type Place } from '@roadstead/sandbox-gateway';
import { ensureMoto, startMoto } from '@roadstead/sandbox-moto';
import { createEksService, type EksSandbox, loopbackTls, type NodesPort, realControlPlanes } from '../index.ts';
import { type EksClient, eksClient } from './eks-client.ts';
import type { Keys } from './sign.ts';

export const account = '123456789012';
export const place: Place = { account, region: 'eu-central-1' };

/** The gateway, moto and EKS of one test file. */
export interface RealSandbox {
  readonly gateway: Gateway;
  readonly eks: EksSandbox;
  readonly directory: string;
  readonly keys: Keys;
  readonly logs: readonly string[];
  /** What signed the webhook server's certificate. */
  readonly webhookCaPem: string;
  filesUnder(folder: string): Promise<readonly string[]>;
  /** EKS over HTTP as the account's administrator. */
  readonly call: EksClient;
  /** Any service in process. */
  aws(service: string, operation: string, input?: Record<string, unknown>): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Where parts that take minutes to make are kept; the folder that the sandbox itself uses by default. */
export const cacheDirectory = join(homedir(), '.cache', 'roadstead');

/** Starts real parts. At factor 600 ten minutes are a second. */
export async function startRealSandbox(
  options: { readonly factor?: number; readonly nodes?: NodesPort } = {},
): Promise<RealSandbox> {
  const { factor = 600, nodes } = options;
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-eks-'));
  const stop = new AbortController();
  const logs: string[] = [];
  const log = (fields: object, message: string) => void logs.push(`${message} ${JSON.stringify(fields)}`);
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir() };
  const tools = await ensureMoto({ cacheDirectory, environment, signal: stop.signal });
  const moto = await startMoto({ tools, environment, directory: join(directory, 'moto') });
  const gateway = await createGateway({
    botocoreData: tools.botocoreData,
    upstreamUrl: moto.url,
    clock: systemClock,
    controlToken: 'test',
    log,
  });
  const tls = loopbackTls(Date.now());
  const eks = await createEksService(
    {
      backend: gateway.backend,
      clock: systemClock,
      pace: { factor, floorMs: 250 },
      directory,
      signal: stop.signal,
      log,
    },
    {
      controlPlanes: realControlPlanes({
        binaries: binaryProvider({ cacheDirectory, env: environment }),
        clock: systemClock,
      }),
      tls,
      verify: async (url, headers) => {
        const verdict = gateway.verifyPresigned(url, headers);
        return 'caller' in verdict ? { ok: true, caller: verdict.caller } : { ok: false, reason: verdict.refusal };
      },
      ...(nodes === undefined ? {} : { nodes }),
    },
  );
  gateway.register(eks);
  const admin = gateway.administrators.find((one) => one.account === account);
  if (admin === undefined) throw new Error('the gateway has no administrator');
  const keys = { accessKeyId: admin.accessKeyId, secretAccessKey: admin.secretAccessKey };
  return {
    gateway,
    eks,
    directory,
    keys,
    logs,
    webhookCaPem: tls.caPem,
    filesUnder: (folder) => readdir(join(directory, folder)),
    call: eksClient(gateway.url, tools.botocoreData, keys, place.region),
    aws: (service, operation, input = {}) => gateway.backend.call(place, service, operation, input),
    close: async () => {
      stop.abort(new Error('the test is over'));
      await eks.close();
      await gateway.close();
      await moto.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
