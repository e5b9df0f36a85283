import type { RealSandbox } from './real-sandbox.ts';

/** What a cluster needs around it. */
export interface World {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly clusterRoleArn: string;
  readonly nodeRoleArn: string;
}

const trust = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
  });

/** A VPC with two subnets in two zones, and the two roles. */
export async function makeWorld(sandbox: RealSandbox): Promise<World> {
  const { aws } = sandbox;
  const vpc = await aws('ec2', 'CreateVpc', { CidrBlock: '10.20.0.0/16' });
  const vpcId = String((vpc.Vpc as Record<string, unknown>).VpcId);
  const subnetIds: string[] = [];
  for (const [index, zone] of ['eu-central-1a', 'eu-central-1b'].entries()) {
    const made = await aws('ec2', 'CreateSubnet', {
      VpcId: vpcId,
      CidrBlock: `10.20.${index * 16}.0/20`,
      AvailabilityZone: zone,
    });
    subnetIds.push(String((made.Subnet as Record<string, unknown>).SubnetId));
  }
  const role = async (name: string, service: string, policies: readonly string[]) => {
    const made = await aws('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust(service) });
    for (const policy of policies) {
      await aws('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: `arn:aws:iam::aws:policy/${policy}` });
    }
    return String((made.Role as Record<string, unknown>).Arn);
  };
  return {
    vpcId,
    subnetIds,
    clusterRoleArn: await role('cluster', 'eks.amazonaws.com', ['AmazonEKSClusterPolicy']),
    nodeRoleArn: await role('node', 'ec2.amazonaws.com', [
      'AmazonEKSWorkerNodePolicy',
      'AmazonEC2ContainerRegistryPullOnly',
    ]),
  };
}

/** Asks until the answer satisfies; fails with the last answer. */
export async function eventually<T>(ask: () => Promise<T>, good: (answer: T) => boolean, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
