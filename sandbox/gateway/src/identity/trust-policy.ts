import { type ConditionKeys, conditionsHold, isRecord, like, listOf } from '../access/conditions.ts';
import { type Statement, statementsOf } from '../access/policy.ts';
import type { Caller } from '../service.ts';

/** What the caller of AssumeRole brings: the keys that a trust policy's conditions may look at. */
export interface AssumeContext {
  readonly caller: Caller;
  readonly externalId?: string | undefined;
  readonly sessionName: string;
}

/** `delegated`: the role leaves it to the caller's account, whose own policies must allow it too. */
export type TrustVerdict = 'allowed' | 'delegated' | 'denied';

/**
 * Whether a role's trust policy lets the caller assume it. Reads what IAM reads: principals, Deny before Allow,
 * conditions. An operator, key or element that is not known here denies: the harsher reading.
 */
export function judgeTrust(policyText: string, action: string, context: AssumeContext): TrustVerdict {
  const hits = statementsOf(policyText).filter((statement) => applies(statement, action, context));
  if (hits.some((statement) => statement['Effect'] === 'Deny')) return 'denied';
  const allowing = hits.filter((statement) => statement['Effect'] === 'Allow');
  if (allowing.length === 0) return 'denied';
  const named = allowing.some((statement) => trusted(statement['Principal'], context.caller) === 'named');
  return named ? 'allowed' : 'delegated';
}

function applies(statement: Statement, action: string, context: AssumeContext): boolean {
  const named = listOf(statement['Action']).some(
    (pattern) => typeof pattern === 'string' && like(pattern.toLowerCase(), action.toLowerCase()),
  );
  if (!named || trusted(statement['Principal'], context.caller) === 'no') return false;
  return conditionsHold(statement['Condition'], keysOf(context)) ?? statement['Effect'] === 'Deny';
}

/** An account (number or root ARN) stands for everyone in it; a role's ARN for each of its sessions. */
function trusted(principal: unknown, caller: Caller): 'named' | 'by-account' | 'no' {
  if (principal === '*') return 'named';
  const names = isRecord(principal) ? listOf(principal['AWS']) : [];
  const own = ['*', caller.arn, roleArnOf(caller)];
  if (names.some((name) => typeof name === 'string' && own.includes(name))) return 'named';
  const account = [caller.account, `arn:aws:iam::${caller.account}:root`];
  return names.some((name) => typeof name === 'string' && account.includes(name)) ? 'by-account' : 'no';
}

/** `arn:aws:sts::1:assumed-role/deploy/me` is a session of `arn:aws:iam::1:role/deploy`; a role's path is not in it. */
export function roleArnOf(caller: Caller): string | undefined {
  const [, account, role] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(caller.arn) ?? [];
  return role === undefined ? undefined : `arn:aws:iam::${account}:role/${role}`;
}

function keysOf({ caller, externalId, sessionName }: AssumeContext): ConditionKeys {
  const known: Readonly<Record<string, readonly string[]>> = {
    'sts:externalid': externalId === undefined ? [] : [externalId],
    'sts:rolesessionname': [sessionName],
    'aws:principalarn': [roleArnOf(caller) ?? caller.arn],
    'aws:principalaccount': [caller.account],
    'aws:userid': [caller.userId],
    'aws:multifactorauthpresent': [],
  };
  return (key) => known[key];
}
