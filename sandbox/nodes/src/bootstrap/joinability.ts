import type { NodeConfig } from './node-config.ts';

/** Everything that decides whether an instance becomes a node, as the world has it at that moment. */
export interface JoinFacts {
  readonly config: NodeConfig;
  readonly cluster: {
    readonly name: string;
    readonly endpoint: string;
    readonly caPem: string;
    readonly serviceCidr: string;
    readonly securityGroupId: string;
    readonly vpcId: string;
  };
  readonly instance: {
    readonly architecture: string;
    readonly vpcId: string;
    readonly securityGroupIds: readonly string[];
    /** ARN of the role in the instance profile. */
    readonly roleArn: string | undefined;
  };
  /** Architecture of the AMI; `undefined` when the AMI is not known. */
  readonly imageArchitecture: string | undefined;
  /** Type of the access entry of the instance's role. */
  readonly accessEntryType: string | undefined;
  /** Whether the role may ask EC2 for the instance's own name. */
  readonly mayDescribe: boolean;
  /** Why the subnet cannot reach the cluster and the registries; `undefined` when it can. */
  readonly noWayOut: string | undefined;
}

const nodeEntryTypes = new Set(['EC2_LINUX', 'EC2', 'HYBRID_LINUX']);

/** Why this instance never becomes a node of the cluster, in the words its console would show; `undefined` when it joins. */
export function joinProblem(facts: JoinFacts): string | undefined {
  return machineProblem(facts) ?? configProblem(facts) ?? networkProblem(facts) ?? accessProblem(facts);
}

function machineProblem({ instance, imageArchitecture }: JoinFacts): string | undefined {
  if (imageArchitecture === undefined || imageArchitecture === instance.architecture) return undefined;
  return `the image is built for ${imageArchitecture}, the instance type is ${instance.architecture}: it does not boot`;
}

function configProblem({ config, cluster }: JoinFacts): string | undefined {
  const details = config.cluster;
  if (details.name !== cluster.name) {
    return `Unauthorized: the token is signed for cluster "${details.name ?? ''}", not for "${cluster.name}"`;
  }
  if (details.apiServerEndpoint !== cluster.endpoint) {
    return `dial ${details.apiServerEndpoint ?? ''}: no such host (the cluster's endpoint is ${cluster.endpoint})`;
  }
  if (!sameCertificate(details.certificateAuthority ?? '', cluster.caPem)) {
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  }
  if (details.cidr !== cluster.serviceCidr) {
    return `spec.cluster.cidr is ${details.cidr ?? ''} and the service CIDR is ${cluster.serviceCidr}: pods would ask a DNS server that is not there`;
  }
  return undefined;
}

function sameCertificate(encoded: string, pem: string): boolean {
  return squeeze(Buffer.from(encoded, 'base64').toString('utf8')) === squeeze(pem);
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, '');
}

function networkProblem({ cluster, instance, noWayOut }: JoinFacts): string | undefined {
  if (instance.vpcId !== cluster.vpcId) {
    return `dial ${cluster.endpoint}: i/o timeout (instance in ${instance.vpcId}, cluster in ${cluster.vpcId})`;
  }
  if (noWayOut !== undefined) return `dial ${cluster.endpoint}: i/o timeout (${noWayOut})`;
  if (!instance.securityGroupIds.includes(cluster.securityGroupId)) {
    return `dial ${cluster.endpoint}: i/o timeout (cluster security group ${cluster.securityGroupId} is not attached)`;
  }
  return undefined;
}

function accessProblem({ config, instance, accessEntryType, mayDescribe }: JoinFacts): string | undefined {
  if (instance.roleArn === undefined) return 'failed to get credentials: no EC2 IMDS role found (no instance profile)';
  if (!mayDescribe && config.featureGates.InstanceIdNodeName !== true) {
    return `operation error EC2: DescribeInstances, api error UnauthorizedOperation: You are not authorized to perform this operation. User: ${instance.roleArn} is not authorized to perform: ec2:DescribeInstances (AmazonEKSWorkerNodePolicy allows it)`;
  }
  if (accessEntryType === undefined) return `Unauthorized: ${instance.roleArn} has no access entry`;
  if (!nodeEntryTypes.has(accessEntryType)) {
    return `Unauthorized: the access entry of ${instance.roleArn} is of type ${accessEntryType}, a node's is EC2_LINUX`;
  }
  return undefined;
}
