import type { Caller } from '../service.ts';

/** What the caller of AssumeRole brings: the keys that a trust policy's conditions may look at. */
export interface AssumeContext {
  readonly caller: Caller;
  readonly externalId?: string | undefined;
  readonly sessionName: string;
}

export type TrustVerdict = 'allowed' | 'denied';

/**
 * Whether a role's trust policy lets the caller assume it. Reads what IAM reads: principals, Deny before Allow,
 * conditions. An operator, key or element that is not known here denies: the harsher reading.
 */
export function judgeTrust(policyText: string, action: string, context: AssumeContext): TrustVerdict {
  const statements = statementsOf(policyText);
  if (statements === undefined) return 'denied';
  const hits = statements.filter((statement) => applies(statement, action, context));
  if (hits.some((statement) => statement['Effect'] === 'Deny')) return 'denied';
  return hits.some((statement) => statement['Effect'] === 'Allow') ? 'allowed' : 'denied';
}

type Statement = Readonly<Record<string, unknown>>;

function statementsOf(text: string): readonly Statement[] | undefined {
  try {
    const policy: unknown = JSON.parse(text);
    return isRecord(policy) ? listOf(policy['Statement']).filter(isRecord) : undefined;
  } catch {
    return undefined;
  }
}

function applies(statement: Statement, action: string, context: AssumeContext): boolean {
  const denies = statement['Effect'] === 'Deny';
  if (
    !listOf(statement['Action']).some(
      (pattern) => typeof pattern === 'string' && like(pattern.toLowerCase(), action.toLowerCase()),
    )
  )
    return false;
  if (!matchesPrincipal(statement['Principal'], context.caller)) return false;
  return conditionsHold(statement['Condition'], context) ?? denies;
}

function matchesPrincipal(principal: unknown, caller: Caller): boolean {
  if (principal === '*') return true;
  if (!isRecord(principal)) return false;
  return listOf(principal['AWS']).some((name) => typeof name === 'string' && isPrincipal(name, caller));
}

/** An account (number or root ARN) stands for everyone in it; a role's ARN for each of its sessions. */
function isPrincipal(name: string, caller: Caller): boolean {
  if (name === '*' || name === caller.account || name === `arn:aws:iam::${caller.account}:root`) return true;
  return name === caller.arn || name === roleArnOf(caller);
}

/** `arn:aws:sts::1:assumed-role/deploy/me` is a session of `arn:aws:iam::1:role/deploy`; a role's path is not in it. */
export function roleArnOf(caller: Caller): string | undefined {
  const [, account, role] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(caller.arn) ?? [];
  return role === undefined ? undefined : `arn:aws:iam::${account}:role/${role}`;
}

/** `undefined` when a condition cannot be judged. */
function conditionsHold(condition: unknown, context: AssumeContext): boolean | undefined {
  if (condition === undefined) return true;
  if (!isRecord(condition)) return undefined;
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isRecord(keys)) return undefined;
    for (const [key, wanted] of Object.entries(keys)) {
      const holds = test(operator, valueOf(key, context), listOf(wanted).map(String));
      if (holds !== true) return holds;
    }
  }
  return true;
}

function valueOf(key: string, { caller, externalId, sessionName }: AssumeContext): string | undefined | null {
  switch (key.toLowerCase()) {
    case 'sts:externalid':
      return externalId;
    case 'sts:rolesessionname':
      return sessionName;
    case 'aws:principalarn':
      return roleArnOf(caller) ?? caller.arn;
    case 'aws:principalaccount':
      return caller.account;
    case 'aws:userid':
      return caller.userId;
    case 'aws:multifactorauthpresent':
      return undefined;
    default:
      return null;
  }
}

function test(operator: string, value: string | undefined | null, wanted: readonly string[]): boolean | undefined {
  if (value === null) return undefined;
  const ifExists = operator.endsWith('IfExists');
  const name = operator.replace(/IfExists$/, '');
  if (name === 'Null') return wanted.includes(String(value === undefined));
  if (value === undefined) return ifExists || name.includes('Not');
  switch (name) {
    case 'StringEquals':
    case 'Bool':
      return wanted.includes(value);
    case 'StringNotEquals':
      return !wanted.includes(value);
    case 'StringEqualsIgnoreCase':
      return wanted.some((item) => item.toLowerCase() === value.toLowerCase());
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return wanted.some((pattern) => like(pattern, value));
    case 'StringNotLike':
    case 'ArnNotLike':
    case 'ArnNotEquals':
      return !wanted.some((pattern) => like(pattern, value));
    default:
      return undefined;
  }
}

/** IAM's wildcards: `*` is any run of characters, `?` is one. */
function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
