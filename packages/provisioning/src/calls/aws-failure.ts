import { isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';

/** The code of an AWS exception (`ResourceNotFoundException`, `ValidationError`), or undefined for anything else. */
export function awsErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return error.name;
}

const absenceCodes = new Set([
  'ResourceNotFoundException',
  'NotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
  'ParameterNotFound',
  'AccessPointNotFoundException',
  'LoadBalancerNotFound',
  'LoadBalancerNotFoundException',
  'TargetGroupNotFound',
  'TargetGroupNotFoundException',
  'ChangeSetNotFound',
  'ChangeSetNotFoundException',
  'InvalidVolume.NotFound',
  'InvalidSnapshot.NotFound',
  'InvalidGroup.NotFound',
  'InvalidNetworkInterfaceID.NotFound',
]);

/** True when AWS says that the thing asked for is not there. CloudFormation says it as a ValidationError. */
export function isAbsent(error: unknown): boolean {
  const code = awsErrorCode(error);
  if (code === undefined) return false;
  if (code === 'ValidationError') return /does not exist/.test(messageOf(error));
  return absenceCodes.has(code);
}

const inUseCodes = new Set([
  'ResourceInUseException',
  'ResourceInUse',
  'DependencyViolation',
  'VolumeInUse',
  'InvalidNetworkInterface.InUse',
  'InvalidSnapshot.InUse',
]);

/** True when AWS is busy with the thing, has it already, or something still uses it: look again instead of failing. */
export function isInUse(error: unknown): boolean {
  return inUseCodes.has(awsErrorCode(error) ?? '');
}

/** The answer, or undefined when the thing is not there. Other failures pass through. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True when no answer came at all: no such host, nobody listening, no time left. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'TimeoutError') return true;
  return 'code' in error && networkCodes.has(String(error.code));
}

/** Names the thing that was worked on when AWS refused a request or gave no answer; failures of ours pass as they are. */
export function refusedByAws(what: string, error: unknown): unknown {
  if (isRoadsteadError(error)) return error;
  if (isUnreachable(error)) return unreachable(what, error as Error);
  const code = awsErrorCode(error);
  if (code === undefined) return error;
  const denied = /AccessDenied|UnauthorizedOperation/.test(code);
  return new RoadsteadError(`${what}: AWS refused: ${messageOf(error)} (${code})`, {
    code: denied ? 'AWS_ACCESS_DENIED' : 'AWS_REFUSED',
    value: code,
    hint: hintFor(denied, messageOf(error)),
    retry: /Throttl|TooManyRequests|ServerException|ServiceUnavailable|InternalFailure/.test(code)
      ? 'backoff'
      : 'never',
    cause: error,
  });
}

function unreachable(what: string, error: Error): RoadsteadError {
  return new RoadsteadError(`${what}: AWS does not answer: ${error.message}`, {
    code: 'AWS_UNREACHABLE',
    value: 'code' in error ? error.code : error.name,
    hint: 'check the network, the region and AWS_ENDPOINT_URL, then run the same command again',
    retry: 'backoff',
    cause: error,
  });
}

function hintFor(denied: boolean, message: string): string {
  if (denied) return '`roadstead permissions` prints the policy that the caller needs';
  if (/invalid principal/i.test(message))
    return 'the role or user does not exist: make it, or take it out of spec.access';
  return 'mend what AWS names, then run `roadstead up` again';
}
