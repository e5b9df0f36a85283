import { digestOf } from '@roadstead/foundation';
import type { AwsRequest, ServiceContext } from '@roadstead/sandbox-gateway';
import type { Activities } from './activities.ts';
import type { ClusterRecord, Origin } from './model.ts';
import type { ControlPlanes, NodesPort, VerifyPresignedIdentity } from './ports.ts';
import { invalidParameter } from './shared/errors.ts';
import { text } from './shared/read.ts';
import type { EksState } from './state.ts';
import type { WebhookServer } from './webhook/webhook-server.ts';

/** What every handler uses. */
export interface Eks {
  readonly context: ServiceContext;
  readonly state: EksState;
  readonly activities: Activities;
  readonly controlPlanes: ControlPlanes;
  readonly verify: VerifyPresignedIdentity;
  readonly webhooks: WebhookServer;
  readonly nodes: NodesPort | undefined;
  /** Hex of so many bytes; an argument so that tests can fix it. */
  readonly randomHex: (bytes: number) => string;
  readonly uuid: () => string;
}

export type Handler = (eks: Eks, request: AwsRequest) => Promise<Record<string, unknown>>;
export type Handlers = Readonly<Record<string, Handler>>;

export function now(eks: Eks): Date {
  return new Date(eks.context.clock.now());
}

/** AWS's usual duration at the sandbox's pace. */
export function pacedMs(eks: Eks, usualSeconds: number): number {
  const { factor, floorMs } = eks.context.pace;
  return Math.max(floorMs, (usualSeconds * 1000) / factor);
}

/**
 * A limit on waiting for real parts: AWS's own limit at the sandbox's pace, but never under a floor, because a
 * control plane or a pod start on this machine does not get faster with the factor.
 */
export function limitMs(eks: Eks, usualSeconds: number, floorSeconds: number): number {
  return Math.max(pacedMs(eks, usualSeconds), floorSeconds * 1000);
}

export function originOf(request: AwsRequest): Origin {
  const { clientRequestToken: _token, ...rest } = request.input;
  return { token: text(request.input, 'clientRequestToken'), digest: digestOf(rest) };
}

/** Whether this request made the thing already. The same token with another input is refused. */
export function isRepeat(origin: Origin, made: Origin): boolean {
  if (origin.token === undefined || origin.token !== made.token) return false;
  if (origin.digest === made.digest) return true;
  throw invalidParameter('The client request token was used before with different parameters.');
}

/** Answers a repeated update request with the first answer; otherwise makes it and keeps it. */
export async function answerOnce(
  cluster: ClusterRecord,
  request: AwsRequest,
  make: () => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const origin = originOf(request);
  if (origin.token === undefined) return make();
  const key = `${request.operation}:${origin.token}`;
  const known = cluster.answers.get(key);
  if (known !== undefined && isRepeat(origin, { token: origin.token, digest: known.digest })) return known.output;
  const output = await make();
  cluster.answers.set(key, { digest: origin.digest, output });
  return output;
}
