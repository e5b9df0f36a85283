import { type Decision, type Statement, statementsOf } from '../access/policy.ts';
import type { Identities } from '../identity/identities.ts';
import { judgeTrust } from '../identity/trust-policy.ts';
import { AwsError, type AwsRequest, type AwsService, type Place } from '../service.ts';

export interface StsParts {
  readonly identities: Identities;
  /** The role as IAM has it: its id, ARN, decoded trust policy; `undefined` when there is none. */
  readonly findRole: (place: Place, name: string) => Promise<TrustedRole | undefined>;
  /** What the caller's own policies say of assuming the role. */
  readonly mayAssume: (request: AwsRequest, roleArn: string) => Promise<Decision>;
  /** The statements of managed policies, by ARN. */
  readonly managedPolicies: (account: string, arns: readonly string[]) => Promise<readonly Statement[]>;
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

/** STS as far as the sandbox has it: the role's trust policy and the caller's own policies decide. */
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

/** What a session may be opened with that would change what it may do, and is not judged here. */
const uncarried = [
  'Tags',
  'TransitiveTagKeys',
  'SourceIdentity',
  'ProvidedContexts',
  'SerialNumber',
  'TokenCode',
] as const;

async function assumeRole(parts: StsParts, request: AwsRequest): Promise<Record<string, unknown>> {
  const { input, caller, region } = request;
  const arn = String(input['RoleArn']);
  const sessionName = String(input['RoleSessionName']);
  const given = uncarried.find((member) => input[member] !== undefined);
  if (given !== undefined)
    throw new AwsError('NotImplemented', `The sandbox does not implement sts:AssumeRole with ${given}.`, 501);
  const [, account, name] = roleArn.exec(arn) ?? [];
  if (account === undefined || name === undefined) throw new AwsError('ValidationError', `${arn} is invalid`);
  const role = await parts.findRole({ account, region }, name);
  if (role === undefined || role.arn !== arn || !(await isTrusted(parts, request, role, account))) {
    throw new AwsError(
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      403,
    );
  }
  const seconds = sessionSeconds(
    input['DurationSeconds'],
    role,
    parts.identities.find(caller.accessKeyId)?.isRole === true,
  );
  const sessionPolicies = await sessionPoliciesOf(parts, account, input);
  return { ...openSession(parts, account, name, { role, sessionName, seconds, sessionPolicies }), PackedPolicySize: 0 };
}

/** A role that names its caller is enough in one account; everyone else's own policies must allow it too. */
async function isTrusted(parts: StsParts, request: AwsRequest, role: TrustedRole, account: string): Promise<boolean> {
  const { caller, input } = request;
  const externalId = typeof input['ExternalId'] === 'string' ? input['ExternalId'] : undefined;
  const sessionName = String(input['RoleSessionName']);
  const verdict = judgeTrust(role.trustPolicy, 'sts:AssumeRole', { caller, externalId, sessionName });
  if (verdict === 'denied') return false;
  const own = await parts.mayAssume(request, role.arn);
  if (own === 'denied') return false;
  return own === 'allowed' || (verdict === 'allowed' && caller.account === account);
}

async function sessionPoliciesOf(
  parts: StsParts,
  account: string,
  { Policy, PolicyArns }: Readonly<Record<string, unknown>>,
): Promise<readonly Statement[] | undefined> {
  if (Policy === undefined && PolicyArns === undefined) return undefined;
  const arns = (Array.isArray(PolicyArns) ? PolicyArns : []).map(({ arn }: { readonly arn?: unknown }) => String(arn));
  const managed = await parts.managedPolicies(account, arns);
  return [...managed, ...(typeof Policy === 'string' ? statementsOf(Policy) : [])];
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

interface Opening {
  readonly role: TrustedRole;
  readonly sessionName: string;
  readonly seconds: number;
  readonly sessionPolicies: readonly Statement[] | undefined;
}

function openSession(
  parts: StsParts,
  account: string,
  roleName: string,
  { role, sessionName, seconds, sessionPolicies }: Opening,
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
    ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
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
