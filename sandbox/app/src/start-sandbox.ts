import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createLogger, type Logger, messageOf, systemClock } from '@roadstead/foundation';
import { createCloudFormationService } from '@roadstead/sandbox-cloudformation';
import {
  minors as allMinors,
  type Binaries,
  type BinaryProvider,
  isMinor,
  progressLine,
  releases,
  resolveApart,
  resolveBinaries,
} from '@roadstead/sandbox-control-plane';
import { createEksService, type EksSandbox, loopbackTls } from '@roadstead/sandbox-eks';
import {
  ControlRefusal,
  createGateway,
  defaultAccounts,
  type Gateway,
  readFaultRule,
  type ServiceContext,
} from '@roadstead/sandbox-gateway';
import { ensureMoto, type MotoTools, startMoto } from '@roadstead/sandbox-moto';
import { controlPlanesWithKubelets, type SandboxNodes, startNodes } from '@roadstead/sandbox-nodes';
import { profileFiles } from './environment.ts';
import { registerRun, sweepLeftovers } from './leftovers.ts';
import { guardLoopback } from './loopback-guard.ts';
import { readNodeFault } from './node-faults.ts';
import { readProcesses } from './processes.ts';
import { directoryError, removeRun, removeState, type SandboxState, takeDirectory, writeState } from './state.ts';

/** One line about the start: what is being done. */
export interface SandboxProgress {
  readonly step: 'python' | 'control-plane' | 'moto' | 'gateway' | 'ready';
  readonly message: string;
}

export interface StartSandboxOptions {
  /** Everything of the run is in here and gone after `close`. */
  readonly directory: string;
  /** Python environment and control-plane binaries, kept between runs. */
  readonly cacheDirectory: string;
  /** The user's; what AWS reads from it is not handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** AWS's time divided by the sandbox's. Default 60; 1 is AWS's own pace. */
  readonly factor?: number;
  readonly port?: number;
  /** Kubernetes minors to offer. Default: all that there are. */
  readonly minors?: readonly string[];
  readonly region?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly onProgress?: (progress: SandboxProgress) => void;
  /** Told the folder for temporary files of this run, which goes with it; it is for the process and its children to use. */
  readonly useTemporaryFolder?: (path: string) => void;
  /** Called when a client asks the control port to stop. */
  readonly onStopAsked?: () => void;
  readonly signal?: AbortSignal;
}

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

/** AWS and EKS on this machine: moto, gateway, CloudFormation, EKS with real control planes, nodes. */
export async function startSandbox(options: StartSandboxOptions): Promise<Sandbox> {
  const closers: Closer[] = [];
  const logger = options.logger ?? createLogger('info');
  const close = once(() => closeAll(closers, logger));
  try {
    return await build({ ...options, logger }, closers, close);
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

async function build(
  options: StartSandboxOptions & { readonly logger: Logger },
  closers: Closer[],
  close: () => Promise<void>,
): Promise<Sandbox> {
  const { directory, environment, logger, clock = systemClock, factor = 60, region = 'eu-central-1' } = options;
  const progress = options.onProgress ?? (() => undefined);
  const lock = await takeDirectory(directory);
  closers.push(() => lock.release());
  closers.push(() => removeRun(directory));
  for (const path of await sweepLeftovers(options.cacheDirectory)) {
    logger.info({ path }, 'removed what a killed sandbox left');
  }
  const registration = await registerRun(options.cacheDirectory, directory);
  closers.push(() => registration.release());
  options.useTemporaryFolder?.(registration.temporary);

  const parts = await ensureParts(options, progress);
  // From here on nothing needs the network; what still tries is a bug and is refused.
  closers.push(guardLoopback());

  options.signal?.throwIfAborted();
  const stop = new AbortController();
  const run = join(directory, 'run');
  progress({ step: 'moto', message: 'starting moto' });
  const moto = await startMoto({
    tools: parts.tools,
    environment,
    directory: join(run, 'moto'),
    onLog: (line) => logger.warn({ line }, 'moto'),
  });
  closers.push(() => moto.stop());

  progress({ step: 'gateway', message: 'starting the AWS endpoint' });
  const controlToken = randomBytes(24).toString('base64url');
  const startedAt = new Date(clock.now()).toISOString();
  const late: { eks?: EksSandbox; nodes?: SandboxNodes; state?: SandboxState } = {};
  const gateway = await createGateway({
    botocoreData: parts.tools.botocoreData,
    upstreamUrl: moto.url,
    clock,
    controlToken,
    ...(options.port === undefined ? {} : { port: options.port }),
    log: (fields, message) => logger.warn(fields, message),
    status: () => statusOf(late),
    routes: routesOf(late, () => gateway, { account: defaultAccounts[0], region }, run, options.onStopAsked),
  });
  closers.push(() => gateway.close());

  const services = join(run, 'services');
  await mkdir(services, { recursive: true });
  const context: ServiceContext = {
    backend: gateway.backend,
    clock,
    pace: { factor, floorMs: factor === 1 ? 0 : 250 },
    directory: services,
    signal: stop.signal,
    log: (fields, message) => logger.info(fields, message),
  };
  gateway.register(createCloudFormationService({ ...context, backend: gateway.backendFor('cloudformation') }));
  const planes = controlPlanesWithKubelets({ binaries: parts.binaries, clock, minors: options.minors ?? allMinors });
  const eks = await createEksService(context, {
    controlPlanes: planes.controlPlanes,
    verify: async (url, headers) => {
      const verdict = gateway.verifyPresigned(url, headers);
      return 'caller' in verdict ? { ok: true, caller: verdict.caller } : { ok: false, reason: verdict.refusal };
    },
    tls: loopbackTls(clock.now()),
    nodes: { readyCount: (cluster, asgName) => late.nodes?.readyCount(cluster, asgName) ?? 0 },
  });
  closers.push(() => eks.close());
  gateway.register(eks);
  const nodes = startNodes(context, { clusters: eks.clusters, trustOf: planes.trustOf });
  closers.push(() => nodes.close());
  closers.push(() => stop.abort(new Error('The sandbox is being stopped.')));
  late.eks = eks;
  late.nodes = nodes;

  const bin = await linkPrograms(directory, parts);
  const state: SandboxState = {
    url: gateway.url,
    controlToken,
    pid: process.pid,
    startedAt,
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
  progress({ step: 'ready', message: `the sandbox is ready at ${gateway.url}` });
  return { state, gateway, eks, nodes, broken: moto.ended.then((reason) => `moto ended: ${reason}`), close };
}

interface Parts {
  readonly tools: MotoTools;
  readonly binaries: BinaryProvider;
  readonly newest: Binaries;
}

async function ensureParts(options: StartSandboxOptions, progress: (line: SandboxProgress) => void): Promise<Parts> {
  const { cacheDirectory, environment } = options;
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const tell = (message: string): void => progress({ step: 'control-plane', message });
  const resolving = { cacheDirectory, env: environment };
  const newest = (options.minors ?? allMinors).filter(isMinor).at(-1) ?? '1.36';
  const making = [
    ensureMoto({ cacheDirectory, environment, signal, onProgress: (message) => progress({ step: 'python', message }) }),
    resolveBinaries({ ...resolving, signal, minor: newest, onProgress: (line) => tell(progressLine(line)) }),
  ] as const;
  // A build of minutes is for nothing when there is no Python; and nothing goes on after this function has rejected.
  const [tools, found] = await Promise.all(making).catch(async (error: unknown) => {
    failed.abort(error);
    await Promise.allSettled(making);
    throw error;
  });
  const known = new Map([[newest, found]]);
  // Other minors are asked for later, from behind the guard.
  const binaries: BinaryProvider = async (minor, until) => {
    const more = until === undefined ? {} : { signal: until };
    const made = known.get(minor) ?? (await resolveApart({ ...resolving, ...more, minor, onLine: tell }));
    known.set(minor, made);
    return made;
  };
  return { tools, binaries, newest: found };
}

/** A folder of its own for PATH: the Python environment's would bring its python along. */
async function linkPrograms(directory: string, { tools, newest }: Parts): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(tools.aws, join(bin, 'aws'));
  await symlink(tools.cfnLint, join(bin, 'cfn-lint'));
  await symlink(newest.files.kubectl.path, join(bin, 'kubectl'));
  return bin;
}

async function writeProfiles(state: SandboxState): Promise<void> {
  const folder = join(state.directory, 'aws');
  const { config, credentials } = profileFiles(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'config'), config, { mode: 0o600 });
  await writeFile(join(folder, 'credentials'), credentials, { mode: 0o600 });
  await chmod(folder, 0o700);
}

interface Late {
  readonly eks?: EksSandbox;
  readonly nodes?: SandboxNodes;
  readonly state?: SandboxState;
}

function statusOf({ state, nodes, eks }: Late): Record<string, unknown> {
  if (state === undefined) return { phase: 'starting' };
  const { url, pid, startedAt, directory, factor, versions, region } = state;
  const clusters = eks?.clusters.list().map(({ account, region: where, name, minor, status, endpoint }) => ({
    account,
    region: where,
    name,
    minor,
    status,
    endpoint,
  }));
  return {
    phase: 'ready',
    url,
    pid,
    startedAt,
    directory,
    factor,
    region,
    versions,
    clusters,
    nodes: nodes?.inventory(),
  };
}

function routesOf(
  late: Late,
  gateway: () => Gateway,
  place: { readonly account: string; readonly region: string },
  run: string,
  onStopAsked: (() => void) | undefined,
) {
  const nodeFaults = new Map<string, { readonly body: unknown; readonly clear: () => void }>();
  let next = 1;
  const list = () => ({
    faults: [...gateway().faults.list(), ...[...nodeFaults].map(([id, { body }]) => ({ id, rule: body }))],
  });
  return {
    'POST stop': () => {
      setTimeout(() => onStopAsked?.(), 50);
      return { stopping: true };
    },
    'GET faults': list,
    'POST faults': (body: unknown) => {
      const asked = readNodeFault(body, place);
      if (asked === undefined) return { id: gateway().faults.add(readFaultRule(body)) };
      if (late.nodes === undefined) throw new ControlRefusal('The nodes are not started yet.');
      const { cluster, account, region, fault } = asked;
      const id = `node-fault-${next++}`;
      nodeFaults.set(id, { body, clear: late.nodes.fault({ account, region, name: cluster }, fault) });
      return { id };
    },
    'DELETE faults': (_body: unknown, _query: unknown, id: string) => {
      for (const [known, { clear }] of nodeFaults) {
        if (id !== '' && id !== known) continue;
        clear();
        nodeFaults.delete(known);
        if (id !== '') return {};
      }
      if (id === '') gateway().faults.clear();
      else if (!gateway().faults.remove(id)) throw new ControlRefusal(`There is no fault rule ${id}.`);
      return {};
    },
    'GET inventory': async (_body: unknown, query: ReadonlyMap<string, string>) => ({
      aws: await gateway().inventory(query.get('regions')?.split(',') ?? [place.region, 'us-east-1'].toSorted()),
      nodes: late.nodes?.inventory() ?? [],
      directories: await directoriesWithFiles(run),
      processes: await readProcesses(process.pid),
    }),
  };
}

/** Relative to the root; a folder without files is nothing that stayed. */
async function directoriesWithFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const holding = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath }) => parentPath.slice(root.length + 1));
  return [...new Set(holding)].toSorted();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
