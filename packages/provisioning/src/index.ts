export { awsErrorCode, isAbsent, refusedByAws } from './calls/aws-failure.ts';
export type { AwsReader, AwsWriter, ServiceName } from './calls/aws-port.ts';
export { type Caller, whoAmI } from './calls/caller.ts';
export {
  type AwsClients,
  type AwsClientsOptions,
  type AwsCredentials,
  type CredentialSource,
  createAwsClients,
} from './calls/clients.ts';
export { defaultCredentials } from './calls/default-credentials.ts';
export { type EksToken, signEksToken } from './calls/eks-token.ts';
export { readOperations } from './calls/reads.ts';
export { writeOperations } from './calls/writes.ts';
export { type Blocker, classicNameOf, type Leftovers, noLeftovers } from './down/leftovers.ts';
export { type ObservedDown, observeDown } from './down/observe-down.ts';
export { type DownPlan, type DownPolicy, defaultDownPolicy, orderDownChanges, planDown } from './down/plan-down.ts';
export { type Receipt, receiptOf, type Stay } from './down/receipt.ts';
export { takenAlong } from './down/taken-along.ts';
export type { AwsRunContext, ResourceProgress, StepResult } from './execute/context.ts';
export { executeAwsChange, isAwsChange } from './execute/execute-change.ts';
export { liveOutputs } from './execute/live-outputs.ts';
export { inputsFromObserved } from './inputs/inputs-from-observed.ts';
export {
  knownAddons,
  type OfferedVersion,
  offeredKubernetesVersions,
  type ResolveOptions,
  resolveInputs,
} from './inputs/resolve-inputs.ts';
export { type ClusterIdentity, type ObserveOptions, observe } from './observe/observe.ts';
export { describeCluster } from './observe/observe-eks.ts';
export type {
  ObservedAws,
  ObservedCluster,
  ObservedNodeGroup,
  ObservedStack,
} from './observe/observed.ts';
export { clusterOutputs, knownOutputs } from './plan/desired.ts';
export { knownAfter, lateReferences, type Outputs, type Resolved, resolveLate } from './plan/late-values.ts';
export { orderAwsChanges } from './plan/order.ts';
export { type AwsPlan, type PlanAwsInput, planAws, type Refusal } from './plan/plan-aws.ts';
export { type StackAction, stackAction, stackStatuses } from './stacks/stack-action.ts';
