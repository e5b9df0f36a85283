import { RoadsteadError } from '@roadstead/foundation';
import { orAbsent } from './aws-failure.ts';
import type { AwsReader } from './aws-port.ts';

export interface Caller {
  readonly account: string;
  /** As STS says it: a user, the root, or an assumed role's session. */
  readonly arn: string;
  /** What an access entry can name: the user, or the role with its path. Absent for the account's root and for federated users. */
  readonly principalArn?: string;
}

export type CallerArn =
  | { readonly kind: 'user' }
  | { readonly kind: 'assumed-role'; readonly roleName: string }
  | { readonly kind: 'role' }
  | { readonly kind: 'other' };

/** What sort of caller an ARN of GetCallerIdentity names. */
export function readCallerArn(arn: string): CallerArn {
  const assumed = /^arn:[\w-]+:sts::\d{12}:assumed-role\/([^/]+)\/.+$/.exec(arn);
  if (assumed?.[1] !== undefined) return { kind: 'assumed-role', roleName: assumed[1] };
  if (/^arn:[\w-]+:iam::\d{12}:user\/.+$/.test(arn)) return { kind: 'user' };
  if (/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(arn)) return { kind: 'role' };
  return { kind: 'other' };
}

/**
 * Who calls. The account must be the file's account: throws `WRONG_ACCOUNT` otherwise, and `AWS_NO_CREDENTIALS` when nobody
 * is signed in. An assumed role's path, which STS drops, is asked of IAM.
 */
export async function whoAmI(reader: AwsReader, expectedAccount: string, signal?: AbortSignal): Promise<Caller> {
  const identity = await reader.read('sts', 'GetCallerIdentity', {}, signal).catch((error: unknown) => {
    throw notSignedIn(error);
  });
  const arn = identity.Arn ?? '';
  const account = identity.Account ?? '';
  if (account !== expectedAccount) {
    throw new RoadsteadError(`the caller's account is ${account}, the cluster's is ${expectedAccount}`, {
      code: 'WRONG_ACCOUNT',
      value: arn,
      hint: `sign in to ${expectedAccount}, or set spec.account to aws:${account} when that is where the cluster belongs`,
    });
  }
  const principalArn = await principalOf(reader, arn, signal);
  return { account, arn, ...(principalArn === undefined ? {} : { principalArn }) };
}

async function principalOf(reader: AwsReader, arn: string, signal?: AbortSignal): Promise<string | undefined> {
  const caller = readCallerArn(arn);
  if (caller.kind === 'user' || caller.kind === 'role') return arn;
  if (caller.kind === 'other') return undefined;
  const found = await orAbsent(reader.read('iam', 'GetRole', { RoleName: caller.roleName }, signal));
  return found?.Role?.Arn;
}

function notSignedIn(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const missing = error.name === 'CredentialsProviderError';
  const refused = /InvalidClientTokenId|UnrecognizedClient|ExpiredToken|SignatureDoesNotMatch|AuthFailure/.test(
    error.name,
  );
  if (!missing && !refused) return error;
  return new RoadsteadError(
    missing ? 'no AWS credentials were found' : `AWS does not accept the credentials: ${error.message}`,
    {
      code: 'AWS_NO_CREDENTIALS',
      value: error.name,
      hint: 'sign in (`aws sso login`, AWS_PROFILE, AWS_ACCESS_KEY_ID …) and try again',
      cause: error,
    },
  );
}
