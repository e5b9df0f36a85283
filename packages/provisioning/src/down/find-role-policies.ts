import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import { type DeclaredPolicies, declaredPolicies, policyName } from './declared-policies.ts';
import type { Blocker } from './leftovers.ts';
import type { Search } from './search.ts';
import type { StackResource } from './stack-resources.ts';

/** Policies that somebody else gave to roles of our stacks: IAM deletes no role that has one, and CloudFormation takes off only its own. */
export async function findRolePolicies(
  search: Search,
  stacks: readonly ObservedStack[],
  resources: readonly StackResource[],
): Promise<Blocker[]> {
  const roles = resources.filter(({ type }) => type === 'AWS::IAM::Role');
  const found = await mapBounded(roles, 6, async (role) => {
    const template = stacks.find(({ stackName }) => stackName === role.stackName)?.template;
    // Without its template nobody can tell whose a policy is.
    return template === undefined
      ? []
      : await foreignPolicies(search, role.id, declaredPolicies(template, role.logicalId));
  });
  return found.flat();
}

async function foreignPolicies(
  { reader, owned, signal }: Search,
  RoleName: string,
  declared: DeclaredPolicies,
): Promise<Blocker[]> {
  const pageAfter = (Marker: string | undefined) => ({ RoleName, ...(Marker === undefined ? {} : { Marker }) });
  const [attached, inline] = await Promise.all([
    orAbsent(
      allPages(
        (token) => reader.read('iam', 'ListAttachedRolePolicies', pageAfter(token), signal),
        (page) => page.AttachedPolicies,
        (page) => page.Marker,
      ),
    ),
    orAbsent(
      allPages(
        (token) => reader.read('iam', 'ListRolePolicies', pageAfter(token), signal),
        (page) => page.PolicyNames,
        (page) => page.Marker,
      ),
    ),
  ]);
  const isForeign = (arn: string) => !owned.has(arn) && !declared.managed.has(policyName(arn));
  return [
    ...(attached ?? [])
      .filter(({ PolicyArn = '' }) => isForeign(PolicyArn))
      .map(({ PolicyArn, PolicyName }) => ({
        what: `policy ${PolicyName} on role ${RoleName}`,
        maker: 'unknown',
        hint: `take it off: aws iam detach-role-policy --role-name ${RoleName} --policy-arn ${PolicyArn}`,
      })),
    ...(inline ?? [])
      .filter((name) => declared.inline !== undefined && !declared.inline.has(name))
      .map((name) => ({
        what: `inline policy ${name} on role ${RoleName}`,
        maker: 'unknown',
        hint: `take it off: aws iam delete-role-policy --role-name ${RoleName} --policy-name ${name}`,
      })),
  ];
}
