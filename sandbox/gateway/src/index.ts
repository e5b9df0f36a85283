export { type BackendParts, createBackend } from './backend.ts';
export type { AdminIdentity } from './bootstrap.ts';
export { type ControlHandler, ControlRefusal, readFaultRule } from './control.ts';
export type { FaultAction, FaultRule, Hold } from './faults.ts';
export {
  createGateway,
  defaultAccounts,
  type Gateway,
  type GatewayOptions,
  type InventoriedService,
} from './gateway.ts';
export { Identities, type Identity } from './identity/identities.ts';
export {
  type PresignedOptions,
  type PresignedVerdict,
  verifyPresignedGetCallerIdentity,
} from './identity/presigned-caller.ts';
export type { Count, JournalEntry } from './journal.ts';
export { ServiceModels, signingNameOf } from './model/service-models.ts';
export type { ModelViolation, Unimplemented } from './pipeline.ts';
export { isMutating } from './reads.ts';
export {
  AwsError,
  type AwsRequest,
  type AwsService,
  type Backend,
  type Caller,
  type Pace,
  type Place,
  paced,
  type ServiceContext,
} from './service.ts';
export { createUpstream, type Upstream } from './upstream.ts';
