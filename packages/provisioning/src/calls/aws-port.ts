import type { readOperations } from './reads.ts';
import type { writeOperations } from './writes.ts';

/** The SDK modules by the names this package uses for services. Types only: nothing is imported at run time. */
export interface Sdk {
  sts: typeof import('@aws-sdk/client-sts');
  iam: typeof import('@aws-sdk/client-iam');
  ssm: typeof import('@aws-sdk/client-ssm');
  eks: typeof import('@aws-sdk/client-eks');
  cloudformation: typeof import('@aws-sdk/client-cloudformation');
  ec2: typeof import('@aws-sdk/client-ec2');
  elb: typeof import('@aws-sdk/client-elastic-load-balancing');
  elbv2: typeof import('@aws-sdk/client-elastic-load-balancing-v2');
  autoscaling: typeof import('@aws-sdk/client-auto-scaling');
  logs: typeof import('@aws-sdk/client-cloudwatch-logs');
}

export type ServiceName = keyof Sdk;
export type ReadOperation<S extends ServiceName> = (typeof readOperations)[S][number];
export type WriteOperation<S extends ServiceName> = (typeof writeOperations)[S][number];

type CommandOf<S extends ServiceName, O extends string> = `${O}Command` extends keyof Sdk[S]
  ? Sdk[S][`${O}Command`]
  : never;

/** The input of an operation, as the SDK types it. */
export type InputOf<S extends ServiceName, O extends string> =
  CommandOf<S, O> extends new (...args: never) => { readonly input: infer I } ? I : never;

/** The output of an operation, as the SDK types it. */
export type OutputOf<S extends ServiceName, O extends string> =
  CommandOf<S, O> extends new (
    ...args: never
  ) => { resolveMiddleware(...args: never): (args: never) => Promise<{ output: infer R }> }
    ? R
    : never;

/**
 * One account and region of AWS that can only be looked at. Every call has a timeout, is retried by the SDK's standard
 * rule, and rejects with the SDK's own exception (see aws-failure.ts for telling them apart).
 */
export interface AwsReader {
  readonly region: string;
  read<S extends ServiceName, O extends ReadOperation<S>>(
    service: S,
    operation: O,
    input: InputOf<S, O>,
    signal?: AbortSignal,
  ): Promise<OutputOf<S, O>>;
}

/** The same place, for changing it. Callers make every request idempotent by a client token or by looking first. */
export interface AwsWriter {
  readonly region: string;
  write<S extends ServiceName, O extends WriteOperation<S>>(
    service: S,
    operation: O,
    input: InputOf<S, O>,
    signal?: AbortSignal,
  ): Promise<OutputOf<S, O>>;
}
