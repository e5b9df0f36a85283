import type { Asked } from './access/resources.ts';
import { errorOf, type Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { ServiceModels } from './model/service-models.ts';
import { signingNameOf } from './model/service-models.ts';
import { isMutating } from './reads.ts';
import { AwsError, type AwsService, type Backend, type Place } from './service.ts';
import { callUpstream, notImplemented, type Upstream } from './upstream.ts';

export interface BackendParts {
  readonly models: ServiceModels;
  readonly upstream: Upstream;
  /** The gateway's own services by signing name; read at each call, so services may be added later. */
  readonly services: ReadonlyMap<string, AwsService>;
  /** Adds to `services`. */
  readonly register?: (service: AwsService) => void;
  readonly newId: () => string;
  readonly faults?: Faults;
  readonly journal?: Journal;
  /** The service that calls, for the journal. */
  readonly by?: string;
  /** Throws what the one for whom the service calls is refused; left out where it calls with permissions of its own. */
  readonly authorize?: (asked: Asked) => Promise<void>;
  /** Called after every change in IAM. */
  readonly iamChanged?: (account: string, input: Readonly<Record<string, unknown>>) => void;
}

/**
 * AWS for the sandbox's own services: their own operations directly, the rest at the emulator. The caller is the
 * account's root, as for calls that AWS makes itself; a service that acts for its callers has them judged by
 * `authorize` first. Only fault rules that ask for it (`by: 'backend'`) apply.
 */
export function createBackend(parts: BackendParts): Backend {
  const { register } = parts;
  return {
    ...(register === undefined ? {} : { serve: register }),
    async call(place, service, operation, input = {}) {
      const signedAs = signingNameOf(service);
      const mutating = isMutating(signedAs, operation);
      const { account, region } = place;
      if (parts.by !== undefined) parts.journal?.serviceCalled({ by: parts.by, service: signedAs, operation });
      const subject = { by: 'backend', service: signedAs, operation, account, region } as const;
      const fault = parts.faults?.take({ ...subject, mutating, input });
      const error = fault === undefined ? undefined : errorOf(fault.action, signedAs);
      if (error !== undefined) throw error;
      await parts.authorize?.({ service: signedAs, operation, input, account, region });
      const output = await perform(parts, place, service, operation, input);
      if (mutating) parts.journal?.count(subject, input, output);
      if (mutating && signedAs === 'iam') parts.iamChanged?.(account, input);
      return output;
    },
  };
}

async function perform(
  { models, upstream, services, newId }: BackendParts,
  place: Place,
  service: string,
  operation: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const own = services.get(service);
  if (own?.operations.has(operation) === true) {
    const root = {
      arn: `arn:aws:iam::${place.account}:root`,
      userId: place.account,
      accessKeyId: 'ASIASANDBOXSERVICE00',
    };
    const caller = { account: place.account, ...root };
    return own.handle({ id: newId(), service, operation, account: place.account, region: place.region, caller, input });
  }
  if (ownOnly.has(service)) throw notImplemented(service, operation);
  try {
    return await callUpstream(upstream, models, place, service, operation, input);
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw new Error(`The call ${service}.${operation} of the sandbox's backend failed.`, { cause: error });
  }
}

/** Services that moto has too, but not well enough: what the gateway's own service lacks is not implemented. */
export const ownOnly: ReadonlySet<string> = new Set(['eks', 'cloudformation', 'sts']);
