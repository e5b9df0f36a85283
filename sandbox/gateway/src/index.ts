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
