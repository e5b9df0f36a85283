import type { AwsRequest } from '@roadstead/sandbox-gateway';
import type { Engine } from '../engine/engine.ts';

/** One operation of the API: a typed input in, an output by the service model. */
export type Operation = (engine: Engine, request: AwsRequest) => Promise<Record<string, unknown>>;
