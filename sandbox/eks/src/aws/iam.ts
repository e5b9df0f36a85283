import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { type Principal, parsePrincipal } from '../shared/arns.ts';
import { isAwsError } from '../shared/errors.ts';
import { type Members, members, records, requiredText, text, texts, within } from '../shared/read.ts';

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

/** Whether a trust policy lets a service do all these actions on the role (Allow, and no Deny that names it). */
export function trustsService(
  document: unknown,
  service: string,
  actions: readonly string[] = ['sts:AssumeRole'],
): boolean {
  const statements = asList(members(document).Statement).map(members);
  const names = (statement: Members) =>
    asList(members(statement.Principal).Service).includes(service) || statement.Principal === '*';
  const covers = (statement: Members, wanted: string) =>
    asList(statement.Action).some((action) => action === wanted || action === 'sts:*' || action === '*');
  return actions.every((action) => {
    const hits = statements.filter((statement) => names(statement) && covers(statement, action));
    return hits.some((hit) => hit.Effect === 'Allow') && !hits.some((hit) => hit.Effect === 'Deny');
  });
}

/** What a role may do, as far as names tell it. */
export interface RolePolicies {
  /** Names of AWS's own policies that are attached. */
  readonly managed: readonly string[];
  /** Whether it has policies of somebody's own, attached or inline. */
  readonly hasOwn: boolean;
}

export async function readRolePolicies(eks: Eks, place: Place, roleName: string): Promise<RolePolicies> {
  const input = { RoleName: roleName };
  const [attached, inline] = await Promise.all([
    eks.context.backend.call(place, 'iam', 'ListAttachedRolePolicies', input),
    eks.context.backend.call(place, 'iam', 'ListRolePolicies', input),
  ]);
  const arns = records(attached, 'AttachedPolicies').map((policy) => text(policy, 'PolicyArn') ?? '');
  const byAws = arns.filter((arn) => arn.startsWith('arn:aws:iam::aws:policy/'));
  return {
    managed: byAws.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)),
    hasOwn: byAws.length < arns.length || (texts(inline, 'PolicyNames') ?? []).length > 0,
  };
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
