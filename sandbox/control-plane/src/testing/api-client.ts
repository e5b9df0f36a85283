import { Agent, request } from 'undici';
import type { ControlPlane } from '../control-plane.ts';

export interface Answer {
  readonly status: number;
  readonly body: ApiObject;
}

/** As much of any Kubernetes object as the tests look at. */
export interface ApiObject {
  readonly metadata?: { readonly name?: string; readonly uid?: string };
  readonly items?: readonly ApiObject[];
  readonly status?: { readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] } };
  readonly minor?: string;
  readonly gitVersion?: string;
  readonly emulationMinor?: string;
}

export type As = 'admin' | 'anonymous' | { readonly token: string };

/** One request to a control plane under test. */
export async function call(
  plane: ControlPlane,
  method: 'GET' | 'POST',
  path: string,
  options: { readonly as?: As; readonly body?: object } = {},
): Promise<Answer> {
  const as = options.as ?? 'admin';
  const { certPem: cert, keyPem: key } = plane.adminCertificate;
  const dispatcher = new Agent({ connect: as === 'admin' ? { ca: plane.caPem, cert, key } : { ca: plane.caPem } });
  const token = typeof as === 'object' ? { authorization: `Bearer ${as.token}` } : {};
  try {
    const { statusCode, body } = await request(`${plane.endpoint}${path}`, {
      method,
      dispatcher,
      headersTimeout: 10_000,
      headers: { 'content-type': 'application/json', ...token },
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    const text = await body.text();
    return { status: statusCode, body: text.startsWith('{') ? (JSON.parse(text) as ApiObject) : {} };
  } finally {
    await dispatcher.destroy();
  }
}

/** Asks every 50 ms until the answer is as wanted; the test's own time limit ends it. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isWanted: (seen: T) => boolean,
  ms = 15_000,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (isWanted(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
