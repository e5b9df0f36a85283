import { roleArnOf } from '../identity/trust-policy.ts';
import { hasXmlNames } from '../model/xml-services.ts';
import { AwsError, type Caller } from '../service.ts';
import type { ConditionKeys } from './conditions.ts';
import type { IdentityPolicies } from './identity-policies.ts';
import { type NeededAction, neededActions } from './needed-actions.ts';
import { type Decision, decide, type Statement } from './policy.ts';
import { principalOf } from './principal.ts';
import type { Asked } from './resources.ts';

/** Policies that narrow a session, from AssumeRole; without any, the role's own decide alone. */
export type SessionPolicies = readonly Statement[] | undefined;

export interface AuthorizerParts {
  readonly policies: IdentityPolicies;
  /** The policies of the session behind an access key. */
  readonly sessionOf: (accessKeyId: string) => SessionPolicies;
  readonly nowMs: () => number;
}

/** Somebody who asks, directly or through a service that acts with their permissions. */
export interface Asker {
  readonly caller: Caller;
  /** As `cloudformation.amazonaws.com`. */
  readonly via?: string;
}

/** Decides what callers may do by their identity policies, as IAM does. An account's root may do everything. */
export class Authorizer {
  readonly #parts: AuthorizerParts;

  constructor(parts: AuthorizerParts) {
    this.#parts = parts;
  }

  /** Throws the service's own refusal for the first action that the request needs and the caller has not. */
  async check(asker: Asker, asked: Asked): Promise<void> {
    const needs = neededActions(asked);
    if (needs.length === 0 || principalOf(asker.caller.arn) === undefined) return;
    for (const need of needs) {
      const { decision, by } = await this.#decide(asker, asked, need);
      if (decision !== 'allowed') throw refusal(asker.caller, asked.service, need, because(decision, by, need.action));
    }
  }

  /** What the caller's own policies say of one action. */
  async decide(asker: Asker, asked: Asked, need: NeededAction): Promise<Decision> {
    return (await this.#decide(asker, asked, need)).decision;
  }

  /** After a change in IAM. */
  changed(account: string, input: Readonly<Record<string, unknown>>): void {
    this.#parts.policies.changed(account, input);
  }

  async #decide(
    asker: Asker,
    asked: Asked,
    need: NeededAction,
  ): Promise<{ readonly decision: Decision; readonly by: 'identity-based' | 'session' }> {
    const principal = principalOf(asker.caller.arn);
    if (principal === undefined) return { decision: 'allowed', by: 'identity-based' };
    const question = { ...need, keys: this.#keys(asker, asked, need) };
    const own = decide(await this.#parts.policies.of(principal), question);
    const session = this.#parts.sessionOf(asker.caller.accessKeyId);
    const narrowed = session === undefined ? 'allowed' : decide(session, question);
    return own === 'allowed' && narrowed !== 'allowed'
      ? { decision: narrowed, by: 'session' }
      : { decision: own, by: 'identity-based' };
  }

  #keys({ caller, via }: Asker, asked: Asked, need: NeededAction): ConditionKeys {
    const now = this.#parts.nowMs();
    const isUser = caller.arn.includes(':user/');
    const known: Readonly<Record<string, readonly string[]>> = {
      'aws:principalarn': [roleArnOf(caller) ?? caller.arn],
      'aws:principalaccount': [caller.account],
      'aws:principaltype': [isUser ? 'User' : 'AssumedRole'],
      'aws:userid': [caller.userId],
      'aws:username': isUser ? [caller.arn.split('/').at(-1) ?? ''] : [],
      'aws:requestedregion': [asked.region],
      'aws:resourceaccount': [asked.account],
      'aws:sourceip': via === undefined ? ['127.0.0.1'] : [],
      'aws:securetransport': ['true'],
      'aws:currenttime': [new Date(now).toISOString()],
      'aws:epochtime': [String(Math.floor(now / 1000))],
      'aws:viaawsservice': [String(via !== undefined)],
      'aws:calledvia': via === undefined ? [] : [via],
      'aws:calledviafirst': via === undefined ? [] : [via],
      'aws:calledvialast': via === undefined ? [] : [via],
      'aws:multifactorauthpresent': [],
      'aws:multifactorauthage': [],
      ...need.keys,
    };
    return (key) => known[key] ?? (key.startsWith('aws:requesttag/') ? [] : undefined);
  }
}

function because(decision: Decision, by: string, action: string): string {
  return decision === 'denied'
    ? `with an explicit deny in ${by === 'session' ? 'a' : 'an'} ${by} policy`
    : `because no ${by} policy allows the ${action} action`;
}

function refusal(caller: Caller, service: string, { action, resource }: NeededAction, why: string): AwsError {
  const sentence = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  if (service === 'ec2') {
    const message = `You are not authorized to perform this operation. ${sentence}`;
    return new AwsError('UnauthorizedOperation', message, 403);
  }
  return new AwsError(hasXmlNames(service) ? 'AccessDenied' : 'AccessDeniedException', sentence, 403);
}
