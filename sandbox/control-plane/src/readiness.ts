import type { Clock } from '@roadstead/foundation';
import { Agent, request } from 'undici';
import type { Certificate } from './authority.ts';
import type { Server } from './components.ts';
import type { Ending } from './server-process.ts';

export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'late'; readonly waitingFor: Server }
  | { readonly kind: 'crashed'; readonly ending: Ending };

export interface ReadinessInputs {
  readonly target: { readonly endpoint: string; readonly caPem: string; readonly client: Certificate };
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Called once, when the API server answers: the others give up when they find none. */
  readonly startOthers: () => Promise<void>;
  readonly crashed: Promise<Ending>;
  readonly signal: AbortSignal;
}

const pollMs = 50;
const requestMs = 2_000;

/** Waits for `/readyz`, starts what needs the API server, and waits for the first object that the others make. */
export async function waitUntilReady(inputs: ReadinessInputs): Promise<Readiness> {
  const { target, clock, signal } = inputs;
  const { caPem, client } = target;
  const agent = new Agent({
    connect: { ca: caPem, cert: client.certPem, key: client.keyPem, timeout: requestMs },
  });
  const deadline = clock.monotonic() + inputs.timeoutMs;
  let crash: Ending | undefined;
  const crashed = new AbortController();
  void inputs.crashed.then((ending) => {
    crash = ending;
    crashed.abort();
  });
  // An API server without etcd accepts connections and says nothing: a request must not outlast a crash.
  const until = AbortSignal.any([signal, crashed.signal]);
  const poll = async (path: string): Promise<boolean> => {
    while (crash === undefined && clock.monotonic() < deadline) {
      if (await answers(`${target.endpoint}${path}`, agent, until)) return true;
      await clock.sleep(pollMs, signal);
    }
    return false;
  };
  try {
    const isServing = await poll('/readyz');
    if (isServing) await inputs.startOthers();
    if (isServing && (await poll('/api/v1/namespaces/default/serviceaccounts/default'))) return { kind: 'ready' };
    if (crash !== undefined) return { kind: 'crashed', ending: crash };
    return { kind: 'late', waitingFor: isServing ? 'kube-controller-manager' : 'kube-apiserver' };
  } finally {
    // Not waited for: it waits for connections that are still being made, to a server that may be going.
    void agent.destroy();
  }
}

async function answers(url: string, dispatcher: Agent, until: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([until, AbortSignal.timeout(requestMs)]);
    const { statusCode, body } = await request(url, { dispatcher, signal });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
