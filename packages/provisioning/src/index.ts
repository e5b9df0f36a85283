export { awsErrorCode, isAbsent } from './calls/aws-failure.ts';
export type { AwsReader, AwsWriter, ServiceName } from './calls/aws-port.ts';
export { type Caller, whoAmI } from './calls/caller.ts';
export {
  type AwsClients,
  type AwsClientsOptions,
  type AwsCredentials,
  type CredentialSource,
  createAwsClients,
} from './calls/clients.ts';
export { type EksToken, signEksToken } from './calls/eks-token.ts';
export { readOperations } from './calls/reads.ts';
export { writeOperations } from './calls/writes.ts';
export { type ClusterIdentity, type ObserveOptions, observe } from './observe/observe.ts';
export type { ObservedAws, ObservedStack } from './observe/observed.ts';
