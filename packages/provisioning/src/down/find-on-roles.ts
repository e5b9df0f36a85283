import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import { type DeclaredPolicies, declaredPolicies, policyName } from './declared-policies.ts';
import { type Blocker, makerOf } from './leftovers.ts';
import { type Search, toMap } from './search.ts';
import type { StackResource } from './stack-resources.ts';

/**
 * What somebody else hung on roles of our stacks: policies and instance profiles. IAM deletes no role that has one, and
 * CloudFormation takes off only its own.
 */
export async function findOnRoles(
  search: Search,
  stacks: readonly ObservedStack[],
  resources: readonly StackResource[],
): Promise<Blocker[]> {
  const roles = resources.filter(({ type }) => type === 'AWS::IAM::Role');
  const found = await mapBounded(roles, 6, async (role) => {
    const template = stacks.find(({ stackName }) => stackName === role.stackName)?.template;
    // Without its template nobody can tell whose a policy is.
    const declared = template === undefined ? undefined : declaredPolicies(template, role.logicalId);
    const lists = await Promise.all([
      declared === undefined ? [] : attachedPolicies(search, role.id, declared),
      declared === undefined ? [] : inlinePolicies(search, role.id, declared),
      instanceProfiles(search, role.id),
    ]);
    return lists.flat();
  });
  return found.flat();
}

async function attachedPolicies(search: Search, role: string, { managed }: DeclaredPolicies): Promise<Blocker[]> {
  const all = await orAbsent(
    allPages(
      (token) => search.reader.read('iam', 'ListAttachedRolePolicies', pageOf(role, token), search.signal),
      (page) => page.AttachedPolicies,
      (page) => page.Marker,
    ),
  );
  return (all ?? [])
    .filter(({ PolicyArn = '' }) => !search.owned.has(PolicyArn) && !managed.has(policyName(PolicyArn)))
    .map(({ PolicyArn, PolicyName }) => ({
      what: `policy ${PolicyName} on role ${role}`,
      maker: 'unknown',
      hint: `take it off: aws iam detach-role-policy --role-name ${role} --policy-arn ${PolicyArn}`,
    }));
}

async function inlinePolicies(search: Search, role: string, { inline }: DeclaredPolicies): Promise<Blocker[]> {
  if (inline === undefined) return [];
  const all = await orAbsent(
    allPages(
      (token) => search.reader.read('iam', 'ListRolePolicies', pageOf(role, token), search.signal),
      (page) => page.PolicyNames,
      (page) => page.Marker,
    ),
  );
  return (all ?? [])
    .filter((name) => !inline.has(name))
    .map((name) => ({
      what: `inline policy ${name} on role ${role}`,
      maker: 'unknown',
      hint: `take it off: aws iam delete-role-policy --role-name ${role} --policy-name ${name}`,
    }));
}

/** `eks-<uuid>` is what EKS makes for a node group and removes with it. */
const ofEks = /^eks-[0-9a-f-]{36}$/;

async function instanceProfiles(search: Search, role: string): Promise<Blocker[]> {
  const all = await orAbsent(
    allPages(
      (token) => search.reader.read('iam', 'ListInstanceProfilesForRole', pageOf(role, token), search.signal),
      (page) => page.InstanceProfiles,
      (page) => page.Marker,
    ),
  );
  return (all ?? [])
    .filter(({ InstanceProfileName: name = '' }) => !search.owned.has(name) && !ofEks.test(name))
    .map(({ InstanceProfileName: name, Tags }) => ({
      what: `instance profile ${name} with role ${role}`,
      maker: makerOf({ tags: toMap(Tags) }),
      hint: `take the role out: aws iam remove-role-from-instance-profile --instance-profile-name ${name} --role-name ${role}`,
    }));
}

function pageOf(RoleName: string, Marker: string | undefined) {
  return { RoleName, ...(Marker === undefined ? {} : { Marker }) };
}
