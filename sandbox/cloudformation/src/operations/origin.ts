import { digestOf } from '@roadstead/foundation';
import { AwsError, type AwsRequest } from '@roadstead/sandbox-gateway';
import type { Origin } from '../engine/stack.ts';
import { optionalText } from './input.ts';

/** What makes a request the same as another: its token, and everything else that it says. */
export function originOf(request: AwsRequest): Origin {
  const { ClientRequestToken: _request, ClientToken: _set, ...rest } = request.input;
  const token = optionalText(request.input, 'ClientRequestToken') ?? optionalText(request.input, 'ClientToken');
  return { token, digest: digestOf({ operation: request.operation, rest }) };
}

/** Whether a request is the one that began the stack's operation. The token with another request is refused. */
export function isRepeat(origin: Origin, begun: Origin | undefined): boolean {
  if (origin.token === undefined || origin.token !== begun?.token) return false;
  if (origin.digest === begun.digest) return true;
  throw new AwsError('TokenAlreadyExistsException', `A client request token already exists: ${origin.token}`, 400);
}
