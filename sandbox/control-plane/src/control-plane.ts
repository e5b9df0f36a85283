import { mkdir } from 'node:fs/promises';
import { type Clock, RoadsteadError, systemClock } from '@roadstead/foundation';
import { type Authority, type Certificate, type KeySet, keySetOf } from './authority.ts';
import type { Binaries, BinaryProvider, Minor, Server } from './components.ts';
import type { Webhook } from './config-files.ts';
import { type FlagInputs, flagsOf, type Layout, layoutOf } from './flags.ts';
import { apiServerNames, ensurePki, type Pki } from './pki.ts';
import { type Readiness, waitUntilReady } from './readiness.ts';
import { type Ending, type ServerProcess, startServer } from './server-process.ts';
import { choosePort, writeConfig } from './start-files.ts';

export interface ControlPlaneOptions {
  readonly binaries: BinaryProvider;
  readonly minor: Minor;
  /** Data, keys, logs and configuration; what an earlier start left there is used again. The caller removes it. */
  readonly directory: string;
  /** IPv4, such as `172.20.0.0/16`. */
  readonly serviceCidr: string;
  /** https, without a slash at the end. The API server never calls it: serve `jwks` there. */
  readonly issuerUrl: string;
  readonly clusterName?: string;
  readonly tokenWebhook?: Webhook;
  readonly authorizationWebhook?: Webhook;
  /** More names of the serving certificate; read at the first start in a directory. */
  readonly serverNames?: readonly string[];
  readonly extraFlags?: Readonly<Partial<Record<Server, readonly string[]>>>;
  /** Real time: a clock that is sped up makes a start time out too early. */
  readonly clock?: Clock;
  /** Until ready. Default 60,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Why a control plane is no longer there. */
export type ExitReason =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'crashed'; readonly server: Server; readonly lastWords: string };

/** One running control plane: etcd, API server, controller manager, scheduler. */
export interface ControlPlane {
  /** `https://127.0.0.1:<port>`; the same for as long as the control plane runs, upgrades included. */
  readonly endpoint: string;
  readonly port: number;
  readonly caPem: string;
  /** Signs what this cluster trusts: pass it to `issueServerCertificate` for kubelet façades. */
  readonly authority: Authority;
  /** `system:masters`: for the sandbox's own parts, never for a user. */
  readonly adminCertificate: Certificate;
  readonly minor: Minor;
  readonly directory: string;
  readonly auditLogPath: string;
  readonly serviceAccountPublicKeyPem: string;
  readonly jwks: KeySet;
  readonly kubectlPath: string;
  readonly pids: Readonly<Partial<Record<Server, number>>>;
  /**
   * Restarts all but etcd as another minor on the same data, forwards or back; the API is away for some seconds. When
   * the other minor does not come up this rejects and `exited` tells of a crash: start anew in the same directory.
   */
  upgrade(minor: Minor, signal?: AbortSignal): Promise<void>;
  /** Resolves when every process is gone. Safe to repeat. */
  stop(): Promise<void>;
  readonly exited: Promise<ExitReason>;
}

const readyTimeoutMs = 60_000;
const stopGraceMs = 5_000;
/** For what is broken already: an API server without etcd does not end by itself. */
const crashGraceMs = 500;
const startAttempts = 3;

/**
 * Starts a control plane and resolves when its API is ready and the `default` service account is there, so that pods can
 * be made. Rejects with `CONTROL_PLANE_NOT_READY` and the last words of the server that failed.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const clock = options.clock ?? systemClock;
  const layout = layoutOf(options.directory);
  const names = apiServerNames(options.serviceCidr, options.serverNames ?? []);
  for (const path of [layout.logs, layout.config, layout.sockets]) await mkdir(path, { recursive: true, mode: 0o700 });
  const preparing = [
    options.binaries(options.minor, options.signal),
    ensurePki(layout.pki, names, clock.now()),
  ] as const;
  const [binaries, pki] = await Promise.all(preparing).catch(async (error: unknown) => {
    // The caller may remove the directory now.
    await Promise.allSettled(preparing);
    throw error;
  });
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(layout);
    await writeConfig(layout, pki, port, options);
    const running = new RunningControlPlane({ options, clock, layout, pki, port }, binaries);
    try {
      await running.start(options.signal);
      return running;
    } catch (error) {
      await running.stop(crashGraceMs);
      const isPortTaken = error instanceof RoadsteadError && /address already in use/.test(error.message);
      if (!isPortTaken || attempt === startAttempts) throw error;
    }
  }
}

interface Parts {
  readonly options: ControlPlaneOptions;
  readonly clock: Clock;
  readonly layout: Layout;
  readonly pki: Pki;
  readonly port: number;
}

class RunningControlPlane implements ControlPlane {
  readonly exited: Promise<ExitReason>;
  readonly #parts: Parts;
  readonly #processes = new Map<Server, ServerProcess>();
  readonly #leaving = new Set<ServerProcess>();
  readonly #crash: Promise<Ending>;
  #reportCrash: (ending: Ending) => void = () => undefined;
  #reportExit: (reason: ExitReason) => void = () => undefined;
  #binaries: Binaries;
  #stopping: Promise<void> | undefined;
  /** Aborted when this control plane begins to go; the reason is for a start or upgrade that is under way. */
  readonly #ending = new AbortController();

  constructor(parts: Parts, binaries: Binaries) {
    this.#parts = parts;
    this.#binaries = binaries;
    this.exited = new Promise((resolve) => {
      this.#reportExit = resolve;
    });
    this.#crash = new Promise((resolve) => {
      this.#reportCrash = resolve;
    });
  }

  get endpoint(): string {
    return `https://127.0.0.1:${this.port}`;
  }
  get port(): number {
    return this.#parts.port;
  }
  get caPem(): string {
    return this.authority.certPem;
  }
  get authority(): Authority {
    return this.#parts.pki.authority;
  }
  get adminCertificate(): Certificate {
    return this.#parts.pki.admin;
  }
  get minor(): Minor {
    return this.#binaries.minor;
  }
  get directory(): string {
    return this.#parts.layout.root;
  }
  get auditLogPath(): string {
    return this.#parts.layout.auditLog;
  }
  get serviceAccountPublicKeyPem(): string {
    return this.#parts.pki.serviceAccountPublicPem;
  }
  get jwks(): KeySet {
    return keySetOf(this.serviceAccountPublicKeyPem);
  }
  get kubectlPath(): string {
    return this.#binaries.files.kubectl.path;
  }
  get pids(): Readonly<Partial<Record<Server, number>>> {
    return Object.fromEntries([...this.#processes].map(([server, { pid }]) => [server, pid]));
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.#launch('etcd');
    await this.#startKubernetes(signal);
    void this.#crash.then((ending) => this.#giveUp(ending));
  }

  async upgrade(minor: Minor, signal?: AbortSignal): Promise<void> {
    const binaries = await this.#parts.options.binaries(minor, signal);
    await this.#stopKubernetes(stopGraceMs);
    this.#binaries = binaries;
    await this.#startKubernetes(signal);
  }

  stop(graceMs = stopGraceMs): Promise<void> {
    this.#ending.abort(stoppedError(this.directory));
    this.#stopping ??= this.#stopAll(graceMs).then(() => this.#reportExit({ kind: 'stopped' }));
    return this.#stopping;
  }

  async #startKubernetes(signal?: AbortSignal): Promise<void> {
    const { options, clock, pki } = this.#parts;
    const timeoutMs = options.timeoutMs ?? readyTimeoutMs;
    const target = { endpoint: this.endpoint, caPem: this.caPem, client: pki.admin };
    const startOthers = async () => {
      await this.#launch('kube-controller-manager');
      await this.#launch('kube-scheduler');
    };
    await this.#launch('kube-apiserver');
    const until = signal === undefined ? this.#ending.signal : AbortSignal.any([signal, this.#ending.signal]);
    const crashed = this.#crash;
    const outcome = await waitUntilReady({ target, clock, timeoutMs, startOthers, crashed, signal: until });
    if (outcome.kind === 'ready') return;
    throw await this.#notReady(outcome, timeoutMs);
  }

  async #notReady(outcome: Exclude<Readiness, { kind: 'ready' }>, timeoutMs: number): Promise<RoadsteadError> {
    const server = outcome.kind === 'crashed' ? outcome.ending.server : outcome.waitingFor;
    const { path } = this.#binaries.files[server];
    const words = (await this.#processes.get(server)?.lastWords()) ?? '';
    if (/no space left on device|disk quota exceeded/i.test(words)) return diskFull(this.directory, server, words);
    const what = outcome.kind === 'crashed' ? endingText(outcome.ending) : `is not ready after ${timeoutMs / 1000} s`;
    return new RoadsteadError(`${server} (${path}) ${what}; its last words:\n${words}`, {
      code: 'CONTROL_PLANE_NOT_READY',
      value: path,
      hint: `read ${this.#logOf(server)}`,
      retry: 'backoff',
    });
  }

  async #launch(server: Server): Promise<void> {
    this.#ending.signal.throwIfAborted();
    const { options, layout, port } = this.#parts;
    const binary = this.#binaries.files[server];
    const inputs: FlagInputs = {
      layout,
      port,
      serviceCidr: options.serviceCidr,
      issuerUrl: options.issuerUrl,
      clusterName: options.clusterName ?? 'sandbox',
      tokenWebhook: options.tokenWebhook !== undefined,
      emulatedVersion: binary.isOurs ? this.#binaries.minor : undefined,
      extra: options.extraFlags ?? {},
    };
    const started = await startServer({
      server,
      binary,
      flags: flagsOf(server, inputs),
      logPath: this.#logOf(server),
      directory: layout.sockets,
    });
    this.#processes.set(server, started);
    void started.ended.then((ending) => {
      if (!this.#leaving.has(started)) this.#reportCrash(ending);
    });
    if (this.#ending.signal.aborted) await this.#end(server, 0);
    this.#ending.signal.throwIfAborted();
  }

  async #stopKubernetes(graceMs: number): Promise<void> {
    await Promise.all(
      (['kube-scheduler', 'kube-controller-manager', 'kube-apiserver'] as const).map((server) =>
        this.#end(server, graceMs),
      ),
    );
  }

  /** etcd last: the API server writes while it shuts down. */
  async #stopAll(graceMs: number): Promise<void> {
    await this.#stopKubernetes(graceMs);
    await this.#end('etcd', graceMs);
  }

  async #end(server: Server, graceMs: number): Promise<void> {
    const process = this.#processes.get(server);
    if (process === undefined) return;
    this.#leaving.add(process);
    await process.stop(graceMs);
    this.#processes.delete(server);
  }

  /** A control plane without one of its parts lies about the rest, so the rest goes too. */
  async #giveUp(ending: Ending): Promise<void> {
    const { server } = ending;
    const lastWords = (await this.#processes.get(server)?.lastWords()) ?? '';
    this.#ending.abort(await this.#notReady({ kind: 'crashed', ending }, 0));
    await this.#stopAll(crashGraceMs);
    this.#reportExit({ kind: 'crashed', server, lastWords });
  }

  #logOf(server: Server): string {
    return `${this.#parts.layout.logs}/${server}.log`;
  }
}

function endingText({ code, signal }: Ending): string {
  return `ended (${signal ?? `exit code ${code}`})`;
}

function diskFull(directory: string, server: Server, words: string): RoadsteadError {
  return new RoadsteadError(`${server} has no room on the disk; its last words:\n${words}`, {
    code: 'DISK_FULL',
    value: directory,
    hint: 'Make room there, or have the control plane in another directory; it needs some 0.5 GB.',
  });
}

function stoppedError(directory: string): RoadsteadError {
  return new RoadsteadError('the control plane was stopped', {
    code: 'CONTROL_PLANE_STOPPED',
    value: directory,
    hint: 'start it again in the same directory',
  });
}
