import type { Clock } from '@roadstead/foundation';

/** Who signed a request, as the sandbox's STS knows the access key. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  /** As GetCallerIdentity says it: `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/<role>/<session>`, `…:root`. */
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

/** One parsed request of an AWS client: members are named and typed as botocore's service model says. */
export interface AwsRequest {
  /** What x-amzn-requestid answers; also the line in the gateway's journal. */
  readonly id: string;
  /** The signing name: `eks`, `cloudformation`, `sts`, `ssm`, … */
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  readonly input: Record<string, unknown>;
}

/**
 * A service that the gateway answers itself. `handle` resolves to the operation's output by the service model
 * (dates as `Date`, blobs as `Uint8Array`) or throws an `AwsError`.
 */
export interface AwsService {
  readonly service: string;
  /** Operations not in this list go to the upstream emulator when there is one for the service, else answer "not implemented". */
  readonly operations: ReadonlySet<string>;
  handle(request: AwsRequest): Promise<Record<string, unknown>>;
}

/** The error answer of an AWS service, in the words AWS uses. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Further members of the error's shape, as `clusterName` of an EKS ResourceNotFoundException. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** Where a call is made: the account and the region it acts in. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * AWS as the sandbox's own services use it: the emulator and the gateway's services, called in process, under the
 * account's own name. Not in the journal of client requests, and no fault applies to it.
 */
export interface Backend {
  /** Rejects with `AwsError` where the service refuses. Input and output as botocore's models name and type them. */
  call(
    place: Place,
    service: string,
    operation: string,
    input?: Record<string, unknown>,
  ): Promise<Record<string, unknown>>;
  /** Has some operations of a service answered by a part of the sandbox from now on. Absent where no gateway is behind it. */
  serve?(service: AwsService): void;
}

/**
 * How long things take. AWS's usual duration of a kind of work, divided by the factor; never under `floorMs`, so that
 * every state in between is seen by a poll. Factor 1 is AWS's own pace.
 */
export interface Pace {
  readonly factor: number;
  readonly floorMs: number;
}

export function paced(usualSeconds: number, pace: Pace): number {
  return Math.max(pace.floorMs, (usualSeconds * 1000) / pace.factor);
}

/** What every service of the gateway is made with. */
export interface ServiceContext {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Where services keep files of their own; one folder per sandbox, gone with it. */
  readonly directory: string;
  /** The sandbox's stop: every wait ends on it. */
  readonly signal: AbortSignal;
  log(fields: object, message: string): void;
}
