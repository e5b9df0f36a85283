import type { AccessScope } from '../model.ts';
import { type AccessPolicy, type PolicyRule, policyByArn } from './policy-rules.ts';

/** What an API request wants, as a SubjectAccessReview says it. */
export type Wanted =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      /** With its subresource, as `pods/exec`. */
      readonly resource: string;
      /** Empty for cluster-scoped objects and for all namespaces. */
      readonly namespace: string;
    }
  | { readonly kind: 'path'; readonly verb: string };

/** Whether one of the associated policies allows it. `false` is no opinion: RBAC may still allow. */
export function policiesAllow(
  policies: Iterable<{ readonly policyArn: string; readonly scope: AccessScope }>,
  wanted: Wanted,
): boolean {
  for (const { policyArn, scope } of policies) {
    const policy = policyByArn(policyArn);
    if (policy !== undefined && inScope(scope, wanted) && policyAllows(policy, wanted)) return true;
  }
  return false;
}

function inScope(scope: AccessScope, wanted: Wanted): boolean {
  if (scope.type === 'cluster') return true;
  if (wanted.kind === 'path' || wanted.namespace === '') return false;
  return scope.namespaces.some((pattern) => matches(pattern, wanted.namespace));
}

function policyAllows(policy: AccessPolicy, wanted: Wanted): boolean {
  if (wanted.kind === 'path') return holds(policy.nonResourceVerbs, wanted.verb);
  return policy.rules.some((rule) => ruleAllows(rule, wanted));
}

function ruleAllows(rule: PolicyRule, wanted: Extract<Wanted, { kind: 'resource' }>): boolean {
  return holds(rule.groups, wanted.group) && holds(rule.resources, wanted.resource) && holds(rule.verbs, wanted.verb);
}

function holds(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}

/** Namespaces of a scope may hold `*` as a wildcard. */
function matches(pattern: string, namespace: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[^\w-]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(namespace);
}
