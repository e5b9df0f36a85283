export {
  type CloudFormationOptions,
  type CloudFormationService,
  createCloudFormationService,
  type StackInventory,
} from './service.ts';
export { type CarriedType, carriedTypes } from './spec/carried-types.ts';
