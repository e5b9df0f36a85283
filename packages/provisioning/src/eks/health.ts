import { RoadsteadError } from '@roadstead/foundation';
import type { HealthIssue } from '../observe/observed.ts';

/** What to do about the health codes that EKS gives (the API reference, type Issue). */
const advice: { readonly [code: string]: string } = {
  AccessDenied:
    'the cluster lets the node role in no more: its EC2_LINUX access entry is missing or its role has changed',
  AsgInstanceLaunchFailures:
    'EC2 could not start instances: capacity, a quota, or the launch template; the message says which',
  AutoScalingGroupNotFound: 'somebody deleted the Auto Scaling group; delete the node group and run up again',
  Ec2LaunchTemplateNotFound: 'somebody deleted the launch template; run up again to make it',
  Ec2SubnetInvalidConfiguration: 'the subnets give instances no address that they need',
  IamInstanceProfileNotFound: 'somebody deleted the instance profile; run up again',
  IamNodeRoleNotFound: 'somebody deleted the node role; run up again to make it',
  InstanceLimitExceeded: 'ask for a higher EC2 quota (Service Quotas), or choose another instance type',
  InsufficientFreeAddresses: 'the subnet has no free addresses; smaller pools, or a larger network',
  InsufficientNumberOfReplicas:
    'no node takes its pods yet: look at taints, and at `kubectl -n kube-system describe pods`',
  NodeCreationFailure:
    'instances run but do not join: a way out of the subnet (NAT, endpoints), user data, the node role',
  PodEvictionFailure: 'a disruption budget keeps a pod; `kubectl get pdb -A` names it',
  UnhealthyInstances: 'nodes joined but are not Ready; `kubectl describe nodes` says why',
  VcpuLimitExceeded: 'ask for more vCPU (Service Quotas, EC2), or choose another instance type',
  ConfigurationConflict: 'somebody changed objects of the add-on; resolveConflicts: OVERWRITE puts them back',
  AdmissionRequestDenied: 'an admission webhook or policy refuses the objects of the add-on',
  ClusterUnreachable: 'EKS cannot reach the control plane',
  AddonPermissionFailure: 'the role of the add-on may not do what it needs',
};

/** Health issues in one line, as `NodeCreationFailure: Instances failed to join (i-1, i-2)`. */
export function describeIssues(issues: readonly HealthIssue[]): string {
  return issues
    .map(
      ({ code, message, resources }) =>
        `${code}: ${message}${resources.length > 0 ? ` (${resources.join(', ')})` : ''}`,
    )
    .join('; ');
}

/** The error for a thing of EKS that came to nothing, with what to do about each of its issues. */
export function unhealthy(what: string, status: string, issues: readonly HealthIssue[]): RoadsteadError {
  const hints = [...new Set(issues.flatMap(({ code }) => advice[code] ?? []))];
  return new RoadsteadError(`${what} is ${status}: ${describeIssues(issues) || 'EKS gives no reason'}`, {
    code: 'EKS_UNHEALTHY',
    value: issues.map(({ code }) => code),
    hint: hints.join('; ') || 'mend what EKS names, then run `roadstead up` again',
  });
}
