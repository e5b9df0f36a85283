import type { RuleInput } from './check-cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Fault } from './problem.ts';

const principalGrammar = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):(?:role|user)\/([\w+=,.@/-]+)$/;

/** Who may do what: ARNs that EKS takes, each once. */
export function checkAccess({ parsed: { spec }, cluster, report }: RuleInput): void {
  const seen = new Map<string, number>();
  for (const [index, { principal }] of spec.access.entries()) {
    const path = ['spec', 'access', index, 'principal'];
    const fault = principalFault(principal, cluster);
    if (fault !== undefined) report(path, { ...fault, value: principal });
    const first = seen.get(principal);
    if (first !== undefined) {
      report(path, {
        code: 'DUPLICATE_ACCESS',
        message: `${principal} has a role already, in spec.access[${first}]`,
        hint: 'a principal has one role; keep the one that is meant',
        value: principal,
      });
    }
    seen.set(principal, first ?? index);
  }
}

/** The partition that a region belongs to: what ARNs in it begin with. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function principalFault(
  principal: string,
  { account, region }: Pick<Cluster, 'account' | 'region'>,
): Fault | undefined {
  const code = 'WRONG_PRINCIPAL';
  const assumed = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(principal);
  if (assumed !== null) {
    const hint = `the role's own ARN: arn:${assumed[1]}:iam::${assumed[2]}:role/${assumed[3]} (with its path, if it has one)`;
    return { code, message: 'a session of a role cannot have access', hint };
  }
  if (principal.endsWith(':root'))
    return { code, message: 'the root of an account cannot have access', hint: 'name a role of the account' };
  if (/:group\//.test(principal))
    return { code, message: 'a group of users cannot have access', hint: 'name a role that the group may assume' };
  const [, partition, owner, name] = principalGrammar.exec(principal) ?? [];
  if (owner === undefined || name === undefined) {
    return {
      code,
      message: `${JSON.stringify(principal)} is not the ARN of a role or user`,
      hint: `as arn:${partitionOf(region)}:iam::${account}:role/developer`,
    };
  }
  if (partition !== partitionOf(region)) {
    const message = `the principal is of the partition ${partition}, ${region} is of ${partitionOf(region)}`;
    return { code, message, hint: `as arn:${partitionOf(region)}:iam::${owner}:role/${name}` };
  }
  if (name.startsWith('aws-service-role/')) {
    return {
      code,
      message: 'a service-linked role cannot have access',
      hint: 'name a role that people or jobs assume',
    };
  }
  if (owner === account) return undefined;
  return {
    code: 'OTHER_ACCOUNT',
    severity: 'warning',
    message: `the principal belongs to account ${owner}, not to ${account}`,
    hint: 'right if that account is trusted',
  };
}
