import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, type Logger, messageOf, systemClock } from '@roadstead/foundation';
import { createCloudFormationService } from '@roadstead/sandbox-cloudformation';
import { minors as allMinors, releases } from '@roadstead/sandbox-control-plane';
import { createEksService, type EksSandbox, loopbackTls } from '@roadstead/sandbox-eks';
import { createGateway, defaultAccounts, type Gateway, type ServiceContext } from '@roadstead/sandbox-gateway';
import { type Moto, startMoto } from '@roadstead/sandbox-moto';
import { controlPlanesWithKubelets, type SandboxNodes, startNodes } from '@roadstead/sandbox-nodes';
import { type Late, routesOf, statusOf } from './control-routes.ts';
import { profileFiles } from './environment.ts';
import { registerRun, sweepLeftovers } from './leftovers.ts';
import { guardLoopback } from './loopback-guard.ts';
import { ensureParts, linkPrograms, type Parts } from './parts.ts';
import type { StartSandboxOptions } from './sandbox-options.ts';
import { directoryError, removeRun, removeState, type SandboxState, takeDirectory, writeState } from './state.ts';

export interface Sandbox {
  readonly state: SandboxState;
  readonly gateway: Gateway;
  readonly eks: EksSandbox;
  readonly nodes: SandboxNodes;
  /** Resolves with a reason when a part that everything needs ended by itself. */
  readonly broken: Promise<string>;
  /** Ends every process, port and file of the run. Safe to repeat. */
  close(): Promise<void>;
}

type Closer = () => Promise<void> | void;

/** What the steps of the start share. */
interface Start {
  readonly options: StartSandboxOptions;
  readonly logger: Logger;
  readonly region: string;
  readonly factor: number;
  /** The folder of the run's files. */
  readonly run: string;
  /** What each step did, to be undone in reverse. */
  readonly closers: Closer[];
  /** Fills up as the start goes on. */
  readonly late: { -readonly [Name in keyof Late]: Late[Name] };
}

/** AWS and EKS on this machine: moto, gateway, CloudFormation, EKS with real control planes, nodes. */
export async function startSandbox(options: StartSandboxOptions): Promise<Sandbox> {
  const { logger = createLogger('info'), region = 'eu-central-1', factor = 60 } = options;
  const run = join(options.directory, 'run');
  const start: Start = { options, logger, region, factor, run, closers: [], late: {} };
  const close = once(() => closeAll(start.closers, logger));
  try {
    await takePlace(start);
    const parts = await ensureParts(options, options.onProgress ?? (() => undefined));
    // From here on nothing needs the network; what still tries is a bug and is refused.
    start.closers.push(guardLoopback());
    options.signal?.throwIfAborted();
    const moto = await startEmulator(start, parts);
    const { gateway, controlToken } = await startGateway(start, parts, moto);
    const { eks, nodes } = await startKubernetes(start, parts, gateway);
    const state = await publishState(start, parts, { gateway, controlToken });
    const broken = moto.ended.then((reason) => `moto ended: ${reason}`);
    return { state, gateway, eks, nodes, broken, close };
  } catch (error) {
    await close();
    throw directoryError(error, options.directory);
  }
}

/** Last in, first out. One that fails keeps none of the others from closing. */
async function closeAll(closers: readonly Closer[], logger: Logger): Promise<void> {
  for (const closer of closers.toReversed()) {
    try {
      await closer();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'a part of the sandbox did not close');
    }
  }
}

/** The directory for this sandbox alone, and a folder for temporary files that others find when this process is killed. */
async function takePlace({ options, logger, closers }: Start): Promise<void> {
  const { directory, cacheDirectory } = options;
  const lock = await takeDirectory(directory);
  closers.push(() => lock.release());
  closers.push(() => removeRun(directory));
  for (const path of await sweepLeftovers(cacheDirectory)) {
    logger.info({ path }, 'removed what a killed sandbox left');
  }
  const registration = await registerRun(cacheDirectory, directory);
  closers.push(() => registration.release());
  options.useTemporaryFolder?.(registration.temporary);
}

async function startEmulator({ options, logger, run, closers }: Start, { tools }: Parts): Promise<Moto> {
  options.onProgress?.({ step: 'moto', message: 'starting moto' });
  const moto = await startMoto({
    tools,
    environment: options.environment,
    directory: join(run, 'moto'),
    onLog: (line) => logger.warn({ line }, 'moto'),
  });
  closers.push(() => moto.stop());
  return moto;
}

async function startGateway(start: Start, { tools }: Parts, moto: Moto) {
  const { options, logger, region, run, closers, late } = start;
  options.onProgress?.({ step: 'gateway', message: 'starting the AWS endpoint' });
  const controlToken = randomBytes(24).toString('base64url');
  const gateway = await createGateway({
    botocoreData: tools.botocoreData,
    upstreamUrl: moto.url,
    clock: options.clock ?? systemClock,
    controlToken,
    ...(options.port === undefined ? {} : { port: options.port }),
    log: (fields, message) => logger.warn(fields, message),
    status: () => statusOf(late),
    routes: routesOf(late, () => gateway, { account: defaultAccounts[0], region }, run, options.onStopAsked),
  });
  closers.push(() => gateway.close());
  return { gateway, controlToken };
}

/** CloudFormation, EKS and the machines behind it, in the gateway. */
async function startKubernetes(start: Start, { binaries }: Parts, gateway: Gateway) {
  const { options, logger, factor, run, closers, late } = start;
  const { clock = systemClock, minors = allMinors } = options;
  const stop = new AbortController();
  const directory = join(run, 'services');
  await mkdir(directory, { recursive: true });
  const context: ServiceContext = {
    backend: gateway.backend,
    clock,
    pace: { factor, floorMs: factor === 1 ? 0 : 250 },
    directory,
    signal: stop.signal,
    log: (fields, message) => logger.info(fields, message),
  };
  gateway.register(createCloudFormationService({ ...context, backend: gateway.backendFor('cloudformation') }));
  const planes = controlPlanesWithKubelets({ binaries, clock, minors });
  const eks = await createEksService(context, {
    controlPlanes: planes.controlPlanes,
    verify: async (url, headers) => {
      const verdict = gateway.verifyPresigned(url, headers);
      return 'caller' in verdict ? { ok: true, caller: verdict.caller } : { ok: false, reason: verdict.refusal };
    },
    tls: loopbackTls(clock.now()),
    nodes: {
      readyCount: (cluster, asgName) => late.nodes?.readyCount(cluster, asgName) ?? 0,
      whyNotJoined: (instanceId) => late.nodes?.whyNotJoined(instanceId),
    },
  });
  closers.push(() => eks.close());
  gateway.register(eks);
  const nodes = startNodes(context, { clusters: eks.clusters, trustOf: planes.trustOf });
  closers.push(() => nodes.close());
  closers.push(() => stop.abort(new Error('The sandbox is being stopped.')));
  late.eks = eks;
  late.nodes = nodes;
  return { eks, nodes };
}

/** From now on clients find the sandbox. */
async function publishState(
  start: Start,
  parts: Parts,
  { gateway, controlToken }: { readonly gateway: Gateway; readonly controlToken: string },
): Promise<SandboxState> {
  const { options, region, factor, closers, late } = start;
  const { directory, clock = systemClock } = options;
  const bin = await linkPrograms(directory, parts);
  const state: SandboxState = {
    url: gateway.url,
    controlToken,
    pid: process.pid,
    startedAt: new Date(clock.now()).toISOString(),
    directory,
    region,
    factor,
    identities: gateway.administrators,
    bin,
    kubectl: join(bin, 'kubectl'),
    aws: join(bin, 'aws'),
    versions: { ...releases, moto: parts.tools.version },
  };
  late.state = state;
  await writeProfiles(state);
  options.signal?.throwIfAborted();
  await writeState(state);
  closers.push(() => removeState(directory));
  options.onProgress?.({ step: 'ready', message: `the sandbox is ready at ${gateway.url}` });
  return state;
}

async function writeProfiles(state: SandboxState): Promise<void> {
  const folder = join(state.directory, 'aws');
  const { config, credentials } = profileFiles(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'config'), config, { mode: 0o600 });
  await writeFile(join(folder, 'credentials'), credentials, { mode: 0o600 });
  await chmod(folder, 0o700);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
