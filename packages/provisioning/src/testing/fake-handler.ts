import type { JsonObject } from '@roadstead/foundation';

export type Input = Readonly<Record<string, unknown>>;
export type Handler = (input: Input) => Record<string, unknown>;
export type Handlers = { readonly [operation: string]: Handler };

/** An exception as the SDK throws it. */
export function awsException(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

/** A JSON object member, or an empty one. */
export function objectAt(input: Input, key: string): JsonObject {
  return (input[key] ?? {}) as JsonObject;
}
