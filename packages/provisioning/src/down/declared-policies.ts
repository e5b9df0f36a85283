import type { Json, JsonObject } from '@roadstead/foundation';
import { at } from '../plan/eks-fields.ts';

/** The policies that a template gives to a role. */
export interface DeclaredPolicies {
  /** Names of managed ones: the last part of the ARN. */
  readonly managed: ReadonlySet<string>;
  /** Undefined where the template computes a name: then nobody can tell which are its own. */
  readonly inline: ReadonlySet<string> | undefined;
}

/** Reads them from the template as CloudFormation keeps it, by the role's logical id. Pure. */
export function declaredPolicies(template: JsonObject, logicalId: string): DeclaredPolicies {
  const arns = listAt(template, `Resources.${logicalId}.Properties.ManagedPolicyArns`);
  const inline = [
    ...listAt(template, `Resources.${logicalId}.Properties.Policies`).map((policy) => at(policy, 'PolicyName')),
    ...Object.values((template.Resources ?? {}) as JsonObject)
      .filter((resource) => at(resource, 'Type') === 'AWS::IAM::Policy')
      .map((resource) => at(resource, 'Properties.PolicyName')),
  ];
  const names = inline.filter((name) => typeof name === 'string');
  return {
    managed: new Set(arns.map((arn) => policyName(at(arn, 'Fn::Sub') ?? arn))),
    inline: names.length === inline.length ? new Set(names) : undefined,
  };
}

/** `arn:aws:iam::aws:policy/service-role/X` is `X`; empty for what is no text. */
export function policyName(arn: Json): string {
  return typeof arn === 'string' ? (arn.split('/').at(-1) ?? '') : '';
}

function listAt(value: Json, path: string): readonly Json[] {
  const list = at(value, path);
  return Array.isArray(list) ? list : [];
}
