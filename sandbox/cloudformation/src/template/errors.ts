import { AwsError } from '@roadstead/sandbox-gateway';

/** CloudFormation's answer to a request that can never work. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message, 400);
}
