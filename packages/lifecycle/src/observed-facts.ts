import type { ClusterFacts } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { inputsFromObserved, type ObservedAws } from '@roadstead/provisioning';

/**
 * What of a cluster cannot change any more, as AWS has it. Nothing while no control plane is there: what failed
 * before it may still be made otherwise.
 */
export function observedFacts(observed: ObservedAws): ClusterFacts {
  const { eks, cluster, account, region } = observed;
  if (eks === undefined || eks.status === 'FAILED' || eks.status === 'DELETING') return {};
  const cidr = vpcCidr(observed.stacks[`roadstead-${cluster}-network`]?.template);
  const zones = inputsFromObserved(observed)?.zones.map(({ name }) => name);
  return {
    name: cluster,
    account,
    region,
    kubernetes: eks.version,
    ...(cidr === undefined ? {} : { cidr }),
    ...(zones === undefined ? {} : { zones }),
  };
}

/** Of the template that the stack was made with: the VPC itself is not read. */
function vpcCidr(template: JsonObject | undefined): string | undefined {
  const resources = Object.values((template?.Resources ?? {}) as JsonObject) as {
    Type?: string;
    Properties?: JsonObject;
  }[];
  const cidr = resources.find(({ Type }) => Type === 'AWS::EC2::VPC')?.Properties?.CidrBlock;
  return typeof cidr === 'string' ? cidr : undefined;
}
