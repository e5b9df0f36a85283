import { describe, expect, it } from 'vitest';
import { neededActions } from './needed-actions.ts';

function needs(service: string, operation: string, input: Record<string, unknown> = {}): readonly string[] {
  const asked = { service, operation, input, account: '123456789012', region: 'eu-central-1' };
  return neededActions(asked).map(({ action, resource, keys }) => {
    const own = Object.entries(keys).filter(([key]) => !key.startsWith('aws:'));
    const shown = own.map(([key, values]) => ` ${key}=${values.join(',')}`).join('');
    return `${action} ${resource.replace('arn:aws:', '')}${shown}`;
  });
}

const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
const here = 'eu-central-1:123456789012';

describe('what a request needs', () => {
  it.each<[string, string, Record<string, unknown>, readonly string[]]>([
    ['sts', 'GetCallerIdentity', {}, []],
    ['tagging', 'GetResources', {}, ['tag:GetResources *']],
    ['s3', 'ListObjectsV2', { Bucket: 'b' }, ['s3:ListBucket *']],
    ['eks', 'DescribeClusterVersions', {}, ['eks:DescribeClusterVersions *']],
    ['eks', 'ListNodegroups', { clusterName: 'shop' }, [`eks:ListNodegroups eks:${here}:cluster/shop`]],
    [
      'eks',
      'DeleteNodegroup',
      { clusterName: 'shop', nodegroupName: 'app' },
      [`eks:DeleteNodegroup eks:${here}:nodegroup/shop/app/*`],
    ],
    [
      'eks',
      'DescribeAccessEntry',
      { clusterName: 'shop', principalArn: role('ops/dev') },
      [`eks:DescribeAccessEntry eks:${here}:access-entry/shop/role/123456789012/dev/*`],
    ],
    [
      'eks',
      'CreateCluster',
      {
        name: 'shop',
        roleArn: role('c'),
        tags: { a: 'b' },
        encryptionConfig: [{ provider: { keyArn: 'arn:aws:kms:k' } }],
      },
      [
        `eks:CreateCluster eks:${here}:cluster/shop`,
        'iam:PassRole iam::123456789012:role/c iam:passedtoservice=eks.amazonaws.com',
        'iam:CreateServiceLinkedRole iam::123456789012:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS iam:awsservicename=eks.amazonaws.com',
        'kms:DescribeKey kms:k',
        'kms:CreateGrant kms:k',
      ],
    ],
    [
      'eks',
      'CreateNodegroup',
      { clusterName: 'shop', nodegroupName: 'app', nodeRole: role('n'), launchTemplate: { id: 'lt-1' } },
      [
        `eks:CreateNodegroup eks:${here}:cluster/shop`,
        'iam:PassRole iam::123456789012:role/n iam:passedtoservice=eks.amazonaws.com',
        'iam:CreateServiceLinkedRole iam::123456789012:role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup iam:awsservicename=eks-nodegroup.amazonaws.com',
        'iam:GetRole iam::123456789012:role/n',
        'iam:ListAttachedRolePolicies iam::123456789012:role/n',
        'ec2:DescribeSubnets *',
        'ec2:RunInstances *',
      ],
    ],
    [
      'eks',
      'DeleteFargateProfile',
      { clusterName: 'shop', fargateProfileName: 'batch' },
      [`eks:DeleteFargateProfile eks:${here}:fargateprofile/shop/batch/*`],
    ],
    [
      'eks',
      'CreateFargateProfile',
      { clusterName: 'shop', fargateProfileName: 'batch', podExecutionRoleArn: role('f') },
      [
        `eks:CreateFargateProfile eks:${here}:cluster/shop`,
        'iam:PassRole iam::123456789012:role/f iam:passedtoservice=eks-fargate-pods.amazonaws.com',
        'iam:CreateServiceLinkedRole iam::123456789012:role/aws-service-role/eks-fargate.amazonaws.com/AWSServiceRoleForAmazonEKSForFargate iam:awsservicename=eks-fargate.amazonaws.com',
        'iam:GetRole iam::123456789012:role/f',
        'ec2:DescribeSubnets *',
      ],
    ],
    [
      'eks',
      'CreateAddon',
      { clusterName: 'shop', addonName: 'vpc-cni', podIdentityAssociations: [{ roleArn: role('p') }] },
      [
        `eks:CreateAddon eks:${here}:cluster/shop`,
        'iam:PassRole iam::123456789012:role/p iam:passedtoservice=pods.eks.amazonaws.com',
      ],
    ],
    [
      'ec2',
      'CreateVpc',
      { TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] },
      [`ec2:CreateVpc ec2:${here}:vpc/*`, `ec2:CreateTags ec2:${here}:vpc/* ec2:createaction=CreateVpc`],
    ],
    ['ec2', 'CreateVpc', {}, [`ec2:CreateVpc ec2:${here}:vpc/*`]],
    ['ec2', 'DeleteNatGateway', { NatGatewayId: 'nat-1' }, [`ec2:DeleteNatGateway ec2:${here}:natgateway/nat-1`]],
    ['ec2', 'CreateRoute', { RouteTableId: 'rtb-1' }, [`ec2:CreateRoute ec2:${here}:route-table/rtb-1`]],
    ['ec2', 'ModifyVpcAttribute', { VpcId: 'vpc-1' }, [`ec2:ModifyVpcAttribute ec2:${here}:vpc/vpc-1`]],
    ['ec2', 'CreateSubnet', { VpcId: 'vpc-1' }, [`ec2:CreateSubnet ec2:${here}:subnet/*`]],
    ['ec2', 'DescribeVpcs', {}, ['ec2:DescribeVpcs *']],
    [
      'iam',
      'CreateRole',
      { RoleName: 'r', Path: '/ops/', Tags: [{ Key: 'a', Value: 'b' }] },
      ['iam:CreateRole iam::123456789012:role/ops/r', 'iam:TagRole iam::123456789012:role/ops/r'],
    ],
    [
      'iam',
      'AddRoleToInstanceProfile',
      { InstanceProfileName: 'i', RoleName: 'r' },
      [
        'iam:AddRoleToInstanceProfile iam::123456789012:role/r',
        'iam:PassRole iam::123456789012:role/r iam:passedtoservice=ec2.amazonaws.com',
      ],
    ],
    [
      'cloudformation',
      'CreateStack',
      { StackName: 's', RoleARN: role('cfn') },
      [
        `cloudformation:CreateStack cloudformation:${here}:stack/s/*`,
        'iam:PassRole iam::123456789012:role/cfn iam:passedtoservice=cloudformation.amazonaws.com',
      ],
    ],
    [
      'elasticloadbalancing',
      'CreateLoadBalancer',
      { Tags: [{ Key: 'a', Value: 'b' }] },
      ['elasticloadbalancing:CreateLoadBalancer *', 'elasticloadbalancing:AddTags *'],
    ],
    ['logs', 'DeleteLogGroup', { logGroupName: '/a' }, [`logs:DeleteLogGroup logs:${here}:log-group:/a:*`]],
    ['ssm', 'GetParameter', { Name: '/a/b' }, [`ssm:GetParameter ssm:${here}:parameter/a/b`]],
    ['kms', 'DescribeKey', { KeyId: 'k-1' }, [`kms:DescribeKey kms:${here}:key/k-1`]],
  ])('%s %s %j', (service, operation, input, expected) => {
    expect(needs(service, operation, input)).toEqual(expected);
  });
});
