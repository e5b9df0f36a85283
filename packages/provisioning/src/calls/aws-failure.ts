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
  // EKS says it so at times: `No cluster found for name: shop.`
  if (code === 'ClientException') return /^No \w+ found for name/.test(messageOf(error));
  return absenceCodes.has(code);
}

const inUseCodes = new Set([
  'ResourceInUseException',
  'ResourceInUse',
  'DependencyViolation',
  'VolumeInUse',
  'InvalidGroup.InUse',
  'InvalidNetworkInterface.InUse',
  'InvalidSnapshot.InUse',
]);

/** True when AWS is busy with the thing, has it already, or something still uses it: look again instead of failing. */
export function isInUse(error: unknown): boolean {
  const code = awsErrorCode(error) ?? '';
  if (code === 'InvalidRequestException')
    return /not in ACTIVE|currently in \w+ING state|in progress/i.test(messageOf(error));
  return inUseCodes.has(code);
}

/**
 * What services say of a role, a principal or a network that was made a moment ago: their view of IAM and EC2 follows
 * within a minute. The same words mean a mistake when they stay.
 */
const notSeenYet =
  /does not exist|could not be assumed|error in role params|managed policies associated|policy must include|required service principals|invalid principal/i;

/** True when AWS may only not have seen yet what the request names: try again for a minute, then believe it. */
export function isNotSeenYet(error: unknown): boolean {
  const code = awsErrorCode(error);
  if (code === 'ResourcePropagationDelayException') return true;
  if (code === 'InvalidParameterException') return notSeenYet.test(messageOf(error));
  return isAbsent(error);
}

const throttlingCodes =
  /^(Throttl(ing|ed)(Exception)?|RequestThrottled(Exception)?|EC2ThrottledException|RequestLimitExceeded|TooManyRequests(Exception)?|SlowDown|PriorRequestNotComplete|BandwidthLimitExceeded)$/;
const outageCodes =
  /^(ServerException|ServiceUnavailable(Exception)?|Unavailable|InternalFailure|InternalError|InternalServ(er|ice)Error(Exception)?|InternalException)$/;

/** True for what passes by itself: too many requests, an outage at AWS or of a proxy, no answer. The same request may be sent again. */
export function isTransient(error: unknown): boolean {
  if (isUnreachable(error)) return true;
  if (isRoadsteadError(error)) return error.code.startsWith('PROXY_') && error.retry === 'backoff';
  const code = awsErrorCode(error);
  if (code === undefined) return false;
  return throttlingCodes.test(code) || outageCodes.test(code) || statusOf(error) >= 500;
}

function statusOf(error: unknown): number {
  const metadata = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata;
  return metadata?.httpStatusCode ?? 0;
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
  if (isUntrusted(error)) return untrusted(what, error as Error);
  const code = awsErrorCode(error);
  if (code === undefined) return error;
  const denied = /AccessDenied|UnauthorizedOperation/.test(code);
  return new RoadsteadError(`${what}: AWS refused: ${messageOf(error)} (${code})`, {
    code: denied ? 'AWS_ACCESS_DENIED' : 'AWS_REFUSED',
    value: code,
    hint: hintFor(denied, messageOf(error)),
    retry: isTransient(error) ? 'backoff' : 'never',
    cause: error,
  });
}

function unreachable(what: string, error: Error): RoadsteadError {
  return new RoadsteadError(`${what}: AWS does not answer: ${error.message}`, {
    code: 'AWS_UNREACHABLE',
    value: 'code' in error ? error.code : error.name,
    hint: 'check the network, the region, AWS_ENDPOINT_URL and HTTPS_PROXY, then run the same command again',
    retry: 'backoff',
    cause: error,
  });
}

/** True when whoever answered has a certificate that nobody here trusts, as a proxy that opens TLS. */
function isUntrusted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(String(error.code));
}

function untrusted(what: string, error: Error): RoadsteadError {
  return new RoadsteadError(`${what}: who answers for AWS is not trusted: ${error.message}`, {
    code: 'AWS_UNTRUSTED',
    value: 'code' in error ? error.code : error.name,
    hint: 'A proxy that opens TLS signs with a CA of its own: name its file in NODE_EXTRA_CA_CERTS. Otherwise check AWS_ENDPOINT_URL.',
    cause: error,
  });
}

function hintFor(denied: boolean, message: string): string {
  if (denied) return '`roadstead permissions` prints the policy that the caller needs';
  if (/invalid principal/i.test(message))
    return 'the role or user does not exist: make it, or take it out of spec.access';
  return 'mend what AWS names, then run `roadstead up` again';
}
