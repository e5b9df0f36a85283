export { type BackendParts, createBackend } from './backend.ts';
export { ServiceModels, signingNameOf } from './model/service-models.ts';
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
