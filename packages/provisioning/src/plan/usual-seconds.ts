/** Seconds that work usually takes on AWS. For progress and for the longest wait; measured in the field, not promised. */
const ofResource: { readonly [type: string]: number } = {
  'AWS::EC2::VPC': 15,
  'AWS::EC2::Subnet': 10,
  'AWS::EC2::InternetGateway': 16,
  'AWS::EC2::VPCGatewayAttachment': 16,
  'AWS::EC2::RouteTable': 12,
  'AWS::EC2::Route': 8,
  'AWS::EC2::SubnetRouteTableAssociation': 6,
  'AWS::EC2::EIP': 18,
  'AWS::EC2::NatGateway': 105,
  'AWS::EC2::VPCEndpoint': 60,
  'AWS::EC2::SecurityGroup': 8,
  'AWS::EC2::LaunchTemplate': 6,
  'AWS::IAM::Role': 18,
  'AWS::IAM::InstanceProfile': 120,
  'AWS::IAM::Policy': 16,
  'AWS::IAM::ManagedPolicy': 16,
  'AWS::KMS::Key': 60,
  'AWS::SQS::Queue': 70,
  'AWS::Events::Rule': 60,
  'AWS::AutoScaling::AutoScalingGroup': 60,
};

/** Of one CloudFormation resource of a type. */
export function usualResourceSeconds(type: string): number {
  return ofResource[type] ?? 30;
}

/** Of one step, by what it works on. */
export const usual = {
  networkStack: 240,
  foundationStack: 60,
  poolStack: 45,
  stackDelete: 120,
  networkStackDelete: 240,
  clusterCreate: 540,
  clusterUpdate: 180,
  clusterEncryption: 1200,
  clusterVersion: 600,
  clusterDelete: 420,
  nodeGroupCreate: 150,
  nodeGroupConfig: 30,
  nodeGroupVersion: 900,
  nodeGroupDelete: 360,
  addon: 60,
  addonDelete: 30,
  quick: 5,
  loadBalancerDelete: 60,
  volumeDelete: 15,
} as const;

/** A stack of a phase. */
export function usualStackSeconds(phase: 'network' | 'foundation' | 'pools'): number {
  if (phase === 'network') return usual.networkStack;
  return phase === 'foundation' ? usual.foundationStack : usual.poolStack;
}
