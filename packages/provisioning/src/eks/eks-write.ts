import type { JsonObject } from '@roadstead/foundation';
import type { InputOf, WriteOperation } from '../calls/aws-port.ts';
import type { AwsRunContext } from '../execute/context.ts';
import type { Act } from '../execute/converge.ts';
import type { UpdateReference } from '../execute/follow-update.ts';

/** A request of a release, rendered and checked as JSON, as the SDK's input. */
export function sendEks<O extends WriteOperation<'eks'>>(context: AwsRunContext, operation: O, request: JsonObject) {
  return context.writer.write('eks', operation, request as unknown as InputOf<'eks', O>, context.signal);
}

/** For a request that EKS answers with an update object: what to follow. */
export function followed(
  answer: { readonly update?: { readonly id?: string | undefined } | undefined },
  of: Omit<UpdateReference, 'updateId'>,
): UpdateReference | undefined {
  const updateId = answer.update?.id;
  return updateId === undefined ? undefined : { ...of, updateId };
}

/** A request without an update object: the next look tells how it went. */
export function act(what: string, send: () => Promise<unknown>): Act {
  return {
    kind: 'act',
    what,
    send: async () => {
      await send();
      return undefined;
    },
  };
}
