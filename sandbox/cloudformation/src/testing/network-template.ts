import { AwsError } from '@roadstead/sandbox-gateway';

/** A VPC with a subnet in it; `more` are further resources. */
export const network = (more = '') => `
Parameters:
  Block: {Type: String, Default: 10.0.1.0/24}
  Public: {Type: String, Default: 'false'}
  Name: {Type: String, Default: one}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: Name, Value: !Ref Name}]}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: !Ref Block, MapPublicIpOnLaunch: !Ref Public, AvailabilityZone: !Select [0, !GetAZs '']}
${more}
Outputs:
  SubnetId: {Value: !Ref Subnet}
`;
/** One parameter of a request. */
export const parameter = (key: string, value: string) => ({ ParameterKey: key, ParameterValue: value });
/** What a call answers that the caller may not make. */
export const refused = new AwsError('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);
