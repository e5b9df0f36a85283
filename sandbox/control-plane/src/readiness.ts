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
  readonly signal: AbortSignal | undefined;
}

const pollMs = 100;

/** Waits for `/readyz`, starts what needs the API server, and waits for the first object that the others make. */
export async function waitUntilReady(inputs: ReadinessInputs): Promise<Readiness> {
  const { target, clock, signal } = inputs;
  const { caPem, client } = target;
  const agent = new Agent({ connect: { ca: caPem, cert: client.certPem, key: client.keyPem } });
  const deadline = clock.monotonic() + inputs.timeoutMs;
  let crash: Ending | undefined;
  void inputs.crashed.then((ending) => {
    crash = ending;
  });
  const poll = async (path: string): Promise<boolean> => {
    while (crash === undefined && clock.monotonic() < deadline) {
      if (await answers(`${target.endpoint}${path}`, agent)) return true;
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
    await agent.destroy();
  }
}

async function answers(url: string, dispatcher: Agent): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { dispatcher, headersTimeout: 2_000, bodyTimeout: 2_000 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
