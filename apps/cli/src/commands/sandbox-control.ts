import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RoadsteadError } from '@roadstead/foundation';

/** What the running sandbox wrote down: how to reach it and who it is. */
export interface SandboxState {
  readonly url: string;
  readonly controlToken: string;
  readonly pid: number;
}

/** What a sandbox wrote into its directory; nothing where it wrote nothing, or nothing whole. */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  return stateOf(await readFile(join(directory, 'sandbox.json'), 'utf8').catch(() => ''));
}

/** The state that a text holds. A text that is cut short, or of something else, holds none. */
export function stateOf(text: string): SandboxState | undefined {
  try {
    const { url, controlToken, pid } = JSON.parse(text) as Partial<Record<keyof SandboxState, unknown>>;
    if (typeof url !== 'string' || typeof controlToken !== 'string' || typeof pid !== 'number') return undefined;
    return { url, controlToken, pid };
  } catch {
    return undefined;
  }
}

/** The state of the sandbox that runs, or the error that says how to start one. */
export async function runningState(directory: string): Promise<SandboxState> {
  const state = await readState(directory);
  if (state !== undefined && isAlive(state.pid)) return state;
  throw new RoadsteadError('No sandbox is running', {
    code: 'SANDBOX_NOT_RUNNING',
    value: directory,
    hint: 'Start one: roadstead sandbox up --detach',
  });
}

export interface ControlRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/**
 * Asks the control port; the answer is JSON. Rejects with SANDBOX_UNREACHABLE where nobody answers within 30 s, with
 * WRONG_INPUT for a body that it cannot mean, and with SANDBOX_REFUSED.
 */
export async function control(
  state: SandboxState,
  { method, path, body }: ControlRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const { status, text } = await fetch(`${state.url}/_roadstead/${path}`, {
    method,
    headers: { authorization: `Bearer ${state.controlToken}`, 'content-type': 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
    .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
    .catch((cause: unknown) => {
      throw signal.aborted ? cause : unreachable(state, cause);
    });
  if (status === 400) throw new RoadsteadError(refusalOf(text), { code: 'WRONG_INPUT', value: path, hint: faultHint });
  if (status !== 200) {
    throw new RoadsteadError(`The sandbox refused: ${refusalOf(text)}`, {
      code: 'SANDBOX_REFUSED',
      value: path,
      hint: 'Was it started by another version? Stop it, and start it anew: roadstead sandbox down',
    });
  }
  return text === '' ? {} : (JSON.parse(text) as unknown);
}

const faultHint = 'The user guide (docs/user-guide.md, "The sandbox") says what a fault is made of.';

/** The control port answers `{"error": …}`; anything else is told as it is. */
function refusalOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}

function unreachable({ url, pid }: SandboxState, cause: unknown): RoadsteadError {
  const why = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return new RoadsteadError(`The sandbox does not answer at ${url}: ${messageOf(why)}`, {
    code: 'SANDBOX_UNREACHABLE',
    value: url,
    hint: `It may be about to end: try again. If process ${pid} is a sandbox that hangs, end it with: kill -9 ${pid}`,
    retry: 'backoff',
    cause: why,
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
