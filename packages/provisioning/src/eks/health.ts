import { RoadsteadError } from '@roadstead/foundation';
import type { HealthIssue } from '../observe/observed.ts';

/** What to do about the health codes that EKS gives (the API reference, the issues of node groups, add-ons and clusters). */
export const advice: { readonly [code: string]: string } = {
  AccessDenied:
    'the cluster lets the node role in no more, or a role may not do what it needs: its EC2_LINUX access entry, its policies or its trust have changed',
  AddonPermissionFailure: 'the role of the add-on may not do what it needs',
  AddonSubscriptionNeeded: 'subscribe to the add-on in AWS Marketplace, or take it out of the channel',
  AdmissionRequestDenied: 'an admission webhook or policy refuses the objects of the add-on',
  AmiIdNotFound: 'the AMI of the launch template is not there any more; run up with --refresh-inputs',
  AsgInstanceLaunchFailures:
    'EC2 could not start instances: capacity, a quota, or the launch template; the message says which',
  AutoScalingGroupInstanceRefreshActive: 'somebody refreshes the Auto Scaling group by hand; wait until that has ended',
  AutoScalingGroupInvalidConfiguration:
    'somebody changed the Auto Scaling group; delete the node group and run up again',
  AutoScalingGroupNotFound: 'somebody deleted the Auto Scaling group; delete the node group and run up again',
  AutoScalingGroupOptInRequired: 'the account is not signed up for Auto Scaling in this region',
  AutoScalingGroupRateLimitExceeded: 'AWS throttles Auto Scaling in this account; it passes, run up again',
  ClusterUnreachable: 'EKS cannot reach the control plane, or nodes cannot: routes, endpoints and security groups',
  ConfigurationConflict: 'somebody changed objects of the add-on; resolveConflicts: OVERWRITE puts them back',
  Ec2InstanceTypeDoesNotExist: 'the zone has no such instance type; choose another one, or other zones',
  Ec2LaunchTemplateDeletionFailure: 'EKS could not delete its launch template; delete it by hand',
  Ec2LaunchTemplateInvalidConfiguration:
    'the launch template says what EKS does not take; mend the pool’s stack in the channel',
  Ec2LaunchTemplateMaxLimitExceeded: 'delete launch templates that nobody uses, or ask for a higher EC2 quota',
  Ec2LaunchTemplateNotFound: 'somebody deleted the launch template; run up again to make it',
  Ec2LaunchTemplateVersionMaxLimitExceeded: 'delete old versions of the launch template',
  Ec2LaunchTemplateVersionMismatch: 'somebody changed the Auto Scaling group’s launch template; put the version back',
  Ec2SecurityGroupDeletionFailure: 'something still uses the security group; take it away, then run down again',
  Ec2SecurityGroupNotFound:
    'somebody deleted the cluster’s security group, which EKS cannot make again: make a new cluster',
  Ec2ServiceNotSubscribed: 'the account is not signed up for EC2 in this region',
  Ec2SubnetInvalidConfiguration: 'the subnets give instances no address that they need',
  Ec2SubnetListTooLong: 'fewer subnets for one group: zones: each',
  Ec2SubnetMissingIpv6Assignment: 'switch on automatic IPv6 addresses in the subnet',
  Ec2SubnetNotFound: 'somebody deleted a subnet; run up to mend the network',
  IamInstanceProfileNotFound: 'somebody deleted the instance profile; run up again',
  IamLimitExceeded: 'delete roles and instance profiles that nobody uses, or ask for a higher IAM quota',
  IamNodeRoleNotFound: 'somebody deleted the node role; run up again to make it',
  IamRoleNotFound: 'somebody deleted the cluster’s role; run up again to make it',
  IamThrottling: 'AWS throttles IAM in this account; it passes, run up again',
  InstanceLimitExceeded: 'ask for a higher EC2 quota (Service Quotas), or choose another instance type',
  InsufficientFreeAddresses: 'the subnet has no free addresses; smaller pools, or a larger network',
  InsufficientNumberOfReplicas:
    'no node takes its pods yet: look at taints, and at `kubectl -n kube-system describe pods`',
  K8sResourceNotFound: 'somebody deleted objects of the add-on; resolveConflicts: OVERWRITE puts them back',
  KmsGrantRevoked: 'give EKS its grant on the key of Secrets back',
  KmsKeyDisabled: 'switch the key of Secrets on again',
  KmsKeyMarkedForDeletion: 'cancel the deletion of the key of Secrets: without it every Secret is lost',
  KmsKeyNotFound: 'the key of Secrets has gone, and every Secret with it: make a new cluster',
  KubernetesLabelInvalid: 'a label of the pool is not one that Kubernetes takes',
  LimitExceeded: 'ask for a higher quota (Service Quotas); the message says which',
  NodeCreationFailure:
    'instances run but do not join: a way out of the subnet (NAT, endpoints), user data, the node role',
  NodeTerminationFailure: 'EC2 could not end an instance; end it by hand, then run again',
  PodEvictionFailure: 'a disruption budget keeps a pod; `kubectl get pdb -A` names it',
  ResourceLimitExceeded: 'ask for a higher quota (Service Quotas); the message says which',
  ResourceNotFound: 'somebody deleted what the control plane needs; the message says what',
  SourceEc2LaunchTemplateNotFound: 'somebody deleted the launch template; run up again to make it',
  StsRegionalEndpointDisabled: 'switch the regional endpoint of STS on for this account',
  UnsupportedAddonModification: 'the add-on cannot be changed so; delete it and run up again',
  UnsupportedVersion: 'EKS supports this Kubernetes version no more; upgrade the cluster',
  VpcNotFound: 'somebody deleted the VPC: make a new cluster',
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
