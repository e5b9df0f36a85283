import type { Identities } from '../identity/identities.ts';
import { judgeTrust } from '../identity/trust-policy.ts';
import { AwsError, type AwsRequest, type AwsService, type Place } from '../service.ts';

export interface StsParts {
  readonly identities: Identities;
  /** The role as IAM has it: its id, ARN, decoded trust policy; `undefined` when there is none. */
  readonly findRole: (place: Place, name: string) => Promise<TrustedRole | undefined>;
  readonly nowMs: () => number;
  /** Random text of that many characters from A–Z and 2–7. */
  readonly random: (length: number) => string;
}

export interface TrustedRole {
  readonly roleId: string;
  readonly arn: string;
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
}

/** STS as far as the sandbox has it; trust policies are judged, the caller's own policies are not. */
export function createStsService(parts: StsParts): AwsService {
  const handlers: Readonly<Record<string, (request: AwsRequest) => Promise<Record<string, unknown>>>> = {
    GetCallerIdentity: async ({ caller }) => ({ UserId: caller.userId, Account: caller.account, Arn: caller.arn }),
    GetAccessKeyInfo: async ({ input }) => {
      const identity = parts.identities.find(String(input['AccessKeyId']));
      if (identity === undefined)
        throw new AwsError('ValidationError', `Access key ${input['AccessKeyId']} is not known.`);
      return { Account: identity.caller.account };
    },
    AssumeRole: (request) => assumeRole(parts, request),
  };
  return {
    service: 'sts',
    operations: new Set(Object.keys(handlers)),
    async handle(request) {
      const handler = handlers[request.operation];
      if (handler === undefined) throw new Error(`sts has no handler for ${request.operation}.`);
      return handler(request);
    },
  };
}

const roleArn = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

async function assumeRole(parts: StsParts, { input, caller, region }: AwsRequest): Promise<Record<string, unknown>> {
  const arn = String(input['RoleArn']);
  const sessionName = String(input['RoleSessionName']);
  const externalId = typeof input['ExternalId'] === 'string' ? input['ExternalId'] : undefined;
  const [, account, name] = roleArn.exec(arn) ?? [];
  if (account === undefined || name === undefined) throw new AwsError('ValidationError', `${arn} is invalid`);
  const denied = new AwsError(
    'AccessDenied',
    `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    403,
  );
  const role = await parts.findRole({ account, region }, name);
  if (role === undefined || role.arn !== arn) throw denied;
  if (judgeTrust(role.trustPolicy, 'sts:AssumeRole', { caller, externalId, sessionName }) === 'denied') throw denied;
  const seconds = sessionSeconds(
    input['DurationSeconds'],
    role,
    parts.identities.find(caller.accessKeyId)?.isRole === true,
  );
  return { ...openSession(parts, account, name, role, sessionName, seconds), PackedPolicySize: 0 };
}

/** How long the session may last; throws in IAM's words when it is asked for longer. */
function sessionSeconds(asked: unknown, role: TrustedRole, byRole: boolean): number {
  const seconds = typeof asked === 'number' ? asked : 3600;
  if (byRole && seconds > 3600) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  return seconds;
}

function openSession(
  parts: StsParts,
  account: string,
  roleName: string,
  role: TrustedRole,
  sessionName: string,
  seconds: number,
): Record<string, unknown> {
  const accessKeyId = `ASIA${parts.random(16)}`;
  const secretAccessKey = parts.random(40);
  const sessionToken = `FwoGZXIvYXdzE${parts.random(96)}`;
  const expiresAt = parts.nowMs() + seconds * 1000;
  const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
  const userId = `${role.roleId}:${sessionName}`;
  parts.identities.add({
    caller: { account, arn, userId, accessKeyId },
    secretAccessKey,
    sessionToken,
    expiresAt,
    isRole: true,
  });
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt),
    },
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
  };
}
