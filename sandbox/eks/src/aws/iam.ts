import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { type Principal, parsePrincipal } from '../shared/arns.ts';
import { isAwsError } from '../shared/errors.ts';
import { type Members, members, requiredText, text, within } from '../shared/read.ts';

/** An IAM principal as it is now. */
export interface LivePrincipal {
  readonly arn: string;
  /** AROA… or AIDA…; another one when the name was made anew. */
  readonly id: string;
  /** Only roles have one. */
  readonly trust: unknown;
}

/** Looks the principal up in its own account; gone, renamed or with another path is `undefined`. */
export async function lookUp(
  eks: Eks,
  region: string,
  principal: Principal,
  options: { readonly comparePath: boolean } = { comparePath: true },
): Promise<LivePrincipal | undefined> {
  const place: Place = { account: principal.account, region };
  const found =
    principal.kind === 'role'
      ? within(await orNothing(eks.context.backend.call(place, 'iam', 'GetRole', { RoleName: principal.name })), 'Role')
      : within(
          await orNothing(eks.context.backend.call(place, 'iam', 'GetUser', { UserName: principal.name })),
          'User',
        );
  const arn = text(found, 'Arn');
  if (arn === undefined || (options.comparePath && arn !== principal.arn)) return undefined;
  return {
    arn,
    id: text(found, 'RoleId') ?? requiredText(found, 'UserId'),
    trust: policyDocument(found.AssumeRolePolicyDocument),
  };
}

/** A role by ARN when it exists and a service may assume it. */
export async function roleTrusting(
  eks: Eks,
  region: string,
  roleArn: string,
  service: string,
): Promise<LivePrincipal | undefined> {
  const principal = parsePrincipal(roleArn);
  if (principal?.kind !== 'role') return undefined;
  const role = await lookUp(eks, region, principal);
  return role !== undefined && trustsService(role.trust, service) ? role : undefined;
}

/** Whether a trust policy lets a service assume the role (`sts:AssumeRole`, Allow, no Deny that names it). */
export function trustsService(document: unknown, service: string): boolean {
  const statements = asList(members(document).Statement).map(members);
  const names = (statement: Members) =>
    asList(members(statement.Principal).Service).includes(service) || statement.Principal === '*';
  const assumes = (statement: Members) =>
    asList(statement.Action).some((action) => action === 'sts:AssumeRole' || action === 'sts:*' || action === '*');
  const hits = statements.filter((statement) => names(statement) && assumes(statement));
  return hits.some((hit) => hit.Effect === 'Allow') && !hits.some((hit) => hit.Effect === 'Deny');
}

function policyDocument(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const plain = value.trimStart().startsWith('{') ? value : decodeURIComponent(value);
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

async function orNothing(call: Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  try {
    return await call;
  } catch (error) {
    if (isAwsError(error, 'NoSuchEntity', 'NoSuchEntityException')) return {};
    throw error;
  }
}
