import { AwsError, type Backend } from '../service.ts';

/** What a fake IAM holds: policy documents by owner, as `user/eve` or `arn:aws:iam::…:policy/p`. */
export interface FakeIam extends Backend {
  readonly inline: Map<string, object>;
  readonly attached: Map<string, readonly string[]>;
  readonly managed: Map<string, object>;
  readonly groups: Map<string, readonly string[]>;
  /** How often it was asked. */
  readonly asked: { count: number };
}

/** IAM's listings of policies, in memory; documents percent-encoded as IAM sends them. */
export function createFakeIam(): FakeIam {
  const iam = {
    inline: new Map<string, object>(),
    attached: new Map<string, readonly string[]>(),
    managed: new Map<string, object>(),
    groups: new Map<string, readonly string[]>(),
    asked: { count: 0 },
  };
  const encoded = (document: object | undefined): string => {
    if (document === undefined) throw new AwsError('NoSuchEntity', 'not there', 404);
    return encodeURIComponent(JSON.stringify(document));
  };
  const answer = (operation: string, input: Record<string, unknown>): Record<string, unknown> => {
    const arn = String(input['PolicyArn']);
    if (operation === 'GetPolicy') return { Policy: { DefaultVersionId: 'v2' } };
    if (operation === 'GetPolicyVersion') return { PolicyVersion: { Document: encoded(iam.managed.get(arn)) } };
    const [, verb, kind = ''] = /^(ListAttached|ListGroupsFor|List|Get)(User|Role|Group)/.exec(operation) ?? [];
    const owner = `${kind.toLowerCase()}/${String(input[`${kind}Name`])}`;
    if (verb === 'ListGroupsFor') return { Groups: (iam.groups.get(owner) ?? []).map((GroupName) => ({ GroupName })) };
    if (verb === 'ListAttached')
      return { AttachedPolicies: (iam.attached.get(owner) ?? []).map((PolicyArn) => ({ PolicyArn })) };
    if (verb === 'List') return { PolicyNames: iam.inline.has(owner) ? ['inline'] : [] };
    if (verb === 'Get') return { PolicyDocument: encoded(iam.inline.get(owner)) };
    throw new AwsError('InvalidAction', operation);
  };
  return {
    ...iam,
    call: async (_place, _service, operation, input = {}) => {
      iam.asked.count++;
      return answer(operation, input);
    },
  };
}

/** A policy that allows actions on everything. */
export function allowing(...actions: readonly string[]): object {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}
