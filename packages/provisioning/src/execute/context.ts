import type { Change } from '@roadstead/definition';
import { type Clock, sha256Hex } from '@roadstead/foundation';
import type { AwsReader, AwsWriter } from '../calls/aws-port.ts';

/** What a step tells while it works: one resource and where it stands. */
export interface ResourceProgress {
  readonly type: 'resource';
  readonly changeId: string;
  /** As `NatGateway (AWS::EC2::NatGateway)` or `node group app-eu-central-1a-3f2a91c0`. */
  readonly resource: string;
  readonly status: string;
  readonly elapsedSeconds: number;
  readonly usualSeconds: number;
  /** What it waits for, or why it failed. */
  readonly reason?: string;
}

/** What every step is made with. */
export interface AwsRunContext {
  readonly reader: AwsReader;
  readonly writer: AwsWriter;
  readonly clock: Clock;
  /** Ends every wait. A request under way is finished or cut off; either way the next run goes on from what is there. */
  readonly signal: AbortSignal;
  onProgress(event: ResourceProgress): void;
  /** Multiplies the waits between polls and the longest waits; 1 on AWS, less where things take seconds. */
  readonly pollScale: number;
  /** Names and client tokens are derived from it, so that a repeated step asks for the same thing. */
  readonly runId: string;
  /** The cluster's name. */
  readonly cluster: string;
  /** Who runs Roadstead, as an access entry names it. */
  readonly ownPrincipalArn?: string;
}

export interface StepResult {
  /** `unchanged` when everything was as planned already: the step had been done before. */
  readonly outcome: 'changed' | 'unchanged';
  readonly seconds: number;
}

/**
 * A client token for one request of one step: the same for the same run, change and state that was found, so that AWS
 * takes a repeated request as the same one, and another state as another request.
 */
export function clientToken(
  context: Pick<AwsRunContext, 'runId'>,
  change: Pick<Change, 'id'>,
  ...state: string[]
): string {
  return `rs-${sha256Hex([context.runId, change.id, ...state].join('\n')).slice(0, 40)}`;
}
