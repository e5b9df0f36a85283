import type { ServiceModels } from './model/service-models.ts';
import { AwsError, type AwsService, type Backend } from './service.ts';
import { callUpstream, notImplemented, type Upstream } from './upstream.ts';

export interface BackendParts {
  readonly models: ServiceModels;
  readonly upstream: Upstream;
  /** The gateway's own services by signing name; read at each call, so services may be added later. */
  readonly services: ReadonlyMap<string, AwsService>;
  readonly newId: () => string;
}

/**
 * AWS for the sandbox's own services: their own operations directly, the rest at the emulator. The caller is the
 * account's root, as for calls that AWS makes itself.
 */
export function createBackend({ models, upstream, services, newId }: BackendParts): Backend {
  return {
    async call(place, service, operation, input = {}) {
      const own = services.get(service);
      if (own?.operations.has(operation) === true) {
        const root = {
          arn: `arn:aws:iam::${place.account}:root`,
          userId: place.account,
          accessKeyId: 'ASIASANDBOXSERVICE00',
        };
        const caller = { account: place.account, ...root };
        return own.handle({ id: newId(), service, operation, ...place, caller, input });
      }
      if (own !== undefined && ownOnly.has(service)) throw notImplemented(service, operation);
      try {
        return await callUpstream(upstream, models, place, service, operation, input);
      } catch (error) {
        if (error instanceof AwsError) throw error;
        throw new Error(`The call ${service}.${operation} of the sandbox's backend failed.`, { cause: error });
      }
    },
  };
}

/** Services that moto has too, but not well enough: what the gateway's own service lacks is not implemented. */
export const ownOnly: ReadonlySet<string> = new Set(['eks', 'cloudformation']);
