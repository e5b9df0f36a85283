import { AwsError, type Backend } from '../service.ts';
import { type Statement, statementsOf } from './policy.ts';
import type { Principal } from './principal.ts';

type Iam = (operation: string, input: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** What IAM holds for users and roles, read when first asked for and kept until IAM changes. */
export class IdentityPolicies {
  readonly #backend: Backend;
  readonly #known = new Map<string, Promise<readonly Statement[]>>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The statements of all policies of a user (its groups' too) or role. One that does not exist has none. */
  of(principal: Principal): Promise<readonly Statement[]> {
    const key = keyOf(principal);
    const known = this.#known.get(key) ?? this.#read(principal);
    this.#known.set(key, known);
    known.catch(() => this.#known.delete(key));
    return known;
  }

  /** The statements of managed policies, by ARN. */
  async ofManaged(account: string, arns: readonly string[]): Promise<readonly Statement[]> {
    const iam = this.#iam(account);
    return (await Promise.all(arns.map((arn) => managedDocument(iam, arn)))).flatMap(statementsOf);
  }

  /** To be called after every change in IAM: what it may have touched is read again. */
  changed(account: string, input: Readonly<Record<string, unknown>>): void {
    const { RoleName, UserName } = input;
    if (typeof RoleName === 'string') this.#known.delete(keyOf({ kind: 'role', account, name: RoleName }));
    else if (typeof UserName === 'string') this.#known.delete(keyOf({ kind: 'user', account, name: UserName }));
    else this.#known.clear();
  }

  #iam(account: string): Iam {
    return (operation, input) => this.#backend.call({ account, region: 'us-east-1' }, 'iam', operation, input);
  }

  async #read(principal: Principal): Promise<readonly Statement[]> {
    const iam = this.#iam(principal.account);
    const own =
      principal.kind === 'role' ? await ofOwner(iam, 'Role', principal.name) : await ofUser(iam, principal.name);
    return own.flatMap(statementsOf);
  }
}

function keyOf({ kind, account, name }: Principal): string {
  return `${account}/${kind}/${name}`;
}

async function ofUser(iam: Iam, name: string): Promise<readonly string[]> {
  const { Groups } = await orNothing(iam('ListGroupsForUser', { UserName: name }));
  const groups = namesIn(Groups, 'GroupName');
  const owners = [ofOwner(iam, 'User', name), ...groups.map((group) => ofOwner(iam, 'Group', group))];
  return (await Promise.all(owners)).flat();
}

/** Documents of the inline and of the attached policies of one owner. */
async function ofOwner(iam: Iam, owner: 'User' | 'Role' | 'Group', name: string): Promise<readonly string[]> {
  const named = { [`${owner}Name`]: name };
  const { PolicyNames } = await orNothing(iam(`List${owner}Policies`, named));
  const { AttachedPolicies } = await orNothing(iam(`ListAttached${owner}Policies`, named));
  const inline = (Array.isArray(PolicyNames) ? PolicyNames : []).map(async (PolicyName) =>
    documentText((await orNothing(iam(`Get${owner}Policy`, { ...named, PolicyName })))['PolicyDocument']),
  );
  const attached = namesIn(AttachedPolicies, 'PolicyArn').map((arn) => managedDocument(iam, arn));
  return Promise.all([...inline, ...attached]);
}

async function managedDocument(iam: Iam, PolicyArn: string): Promise<string> {
  const { Policy } = await orNothing(iam('GetPolicy', { PolicyArn }));
  const VersionId = memberOf(Policy, 'DefaultVersionId');
  if (VersionId === undefined) return '';
  const { PolicyVersion } = await orNothing(iam('GetPolicyVersion', { PolicyArn, VersionId }));
  return documentText(memberOf(PolicyVersion, 'Document'));
}

/** IAM sends documents percent-encoded. */
function documentText(document: unknown): string {
  const text = typeof document === 'string' ? document : '';
  return text.startsWith('%') ? decodeURIComponent(text) : text;
}

/** What went away between two questions has nothing to say. */
async function orNothing(asked: Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchEntity') return {};
    throw error;
  }
}

function namesIn(list: unknown, member: string): readonly string[] {
  return (Array.isArray(list) ? list : []).map((item) => String(memberOf(item, member)));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
