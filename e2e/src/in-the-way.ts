import { aws } from './roadstead.ts';
import type { Sandbox } from './sandbox.ts';

/** Five things that another team made around and inside the cluster `rough`, each of which AWS would fail our deletions for. */
export async function plantInTheWay(sandbox: Sandbox, vpc: string, privateSubnet: string) {
  const tagged = (kind: string, tag: string) => ['--tag-specifications', `ResourceType=${kind},Tags=[{${tag}}]`];
  const { VpnGateway } = await aws<{ VpnGateway: { VpnGatewayId: string } }>(
    sandbox,
    ...['ec2', 'create-vpn-gateway', '--type', 'ipsec.1', ...tagged('vpn-gateway', 'Key=team,Value=net')],
  );
  const vpnGateway = VpnGateway.VpnGatewayId;
  await aws(sandbox, 'ec2', 'attach-vpn-gateway', '--vpn-gateway-id', vpnGateway, '--vpc-id', vpc);
  const { Vpc } = await aws<{ Vpc: { VpcId: string } }>(
    sandbox,
    ...['ec2', 'create-vpc', '--cidr-block', '10.99.0.0/16'],
  );
  const { VpcPeeringConnection } = await aws<{ VpcPeeringConnection: { VpcPeeringConnectionId: string } }>(
    sandbox,
    ...['ec2', 'create-vpc-peering-connection', '--vpc-id', Vpc.VpcId, '--peer-vpc-id', vpc],
  );
  const peering = VpcPeeringConnection.VpcPeeringConnectionId;
  await aws(sandbox, 'ec2', 'accept-vpc-peering-connection', '--vpc-peering-connection-id', peering);
  const { SecurityGroups } = await aws<{ SecurityGroups: { GroupId: string }[] }>(
    sandbox,
    ...['ec2', 'describe-security-groups', '--filters', `Name=vpc-id,Values=${vpc}`, 'Name=group-name,Values=default'],
  );
  const defaultGroup = SecurityGroups[0]?.GroupId ?? '';
  const { cluster } = await aws<{ cluster: { resourcesVpcConfig: { clusterSecurityGroupId: string } } }>(
    sandbox,
    ...['eks', 'describe-cluster', '--name', 'rough'],
  );
  await aws(
    sandbox,
    ...['ec2', 'authorize-security-group-ingress', '--group-id', defaultGroup, '--protocol', 'tcp', '--port', '443'],
    ...['--source-group', cluster.resourcesVpcConfig.clusterSecurityGroupId],
  );
  await plantFargateProfile(sandbox, privateSubnet);
  const { StackResources } = await aws<{ StackResources: { ResourceType: string; PhysicalResourceId: string }[] }>(
    sandbox,
    ...['cloudformation', 'describe-stack-resources', '--stack-name', 'roadstead-rough-pool-app'],
  );
  const role = StackResources.find(({ ResourceType }) => ResourceType === 'AWS::IAM::Role')?.PhysicalResourceId ?? '';
  const policy = 'arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy';
  await aws(sandbox, 'iam', 'attach-role-policy', '--role-name', role, '--policy-arn', policy);
  return { vpnGateway, peering, otherVpc: Vpc.VpcId, defaultGroup };
}

async function plantFargateProfile(sandbox: Sandbox, subnet: string): Promise<void> {
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'eks-fargate-pods.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  });
  const { Role } = await aws<{ Role: { Arn: string } }>(
    sandbox,
    ...['iam', 'create-role', '--role-name', 'rough-fargate', '--assume-role-policy-document', trust],
  );
  const name = ['--cluster-name', 'rough', '--fargate-profile-name', 'batch'];
  await aws(
    sandbox,
    ...['eks', 'create-fargate-profile', ...name, '--pod-execution-role-arn', Role.Arn, '--subnets', subnet],
    ...['--selectors', 'namespace=batch', '--tags', 'owner=bob'],
  );
  await aws(sandbox, 'eks', 'wait', 'fargate-profile-active', ...name);
}

/** The AWS CLI's words that make a classic load balancer in the cluster's VPC. */
export function classicBalancer(name: string, subnet: string, group: string, tag: string): readonly string[] {
  return [
    ...['elb', 'create-load-balancer', '--load-balancer-name', name, '--tags', tag],
    ...['--subnets', subnet, '--security-groups', group],
    ...['--listeners', 'Protocol=TCP,LoadBalancerPort=80,InstanceProtocol=TCP,InstancePort=30080'],
  ];
}
