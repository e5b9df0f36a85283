import { AwsError } from '@roadstead/sandbox-gateway';

/** Which resources an EKS error names besides its message. */
export interface ErrorSubject {
  readonly clusterName?: string;
  readonly nodegroupName?: string;
  readonly addonName?: string;
  readonly fargateProfileName?: string;
}

export function invalidParameter(message: string, subject: ErrorSubject = {}): AwsError {
  return new AwsError('InvalidParameterException', message, 400, { ...subject });
}

export function invalidRequest(message: string, subject: ErrorSubject = {}): AwsError {
  return new AwsError('InvalidRequestException', message, 400, { ...subject });
}

export function resourceInUse(message: string, subject: ErrorSubject = {}): AwsError {
  return new AwsError('ResourceInUseException', message, 409, { ...subject });
}

export function notFound(message: string, subject: ErrorSubject = {}): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404, { ...subject });
}

export function limitExceeded(message: string, subject: ErrorSubject = {}): AwsError {
  return new AwsError('ResourceLimitExceededException', message, 400, { ...subject });
}

/** What EKS can do and this sandbox cannot: said loudly, never accepted and ignored. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplementedException', `The sandbox does not implement ${what}.`, 501);
}

/** Throws a refusal, where there is one. */
export function raise(refusal: AwsError | undefined): void {
  if (refusal !== undefined) throw refusal;
}

export function isAwsError(error: unknown, ...codes: readonly string[]): error is AwsError {
  return error instanceof AwsError && (codes.length === 0 || codes.includes(error.code));
}
