/**
 * IAM actions that `up` and `down` need at AWS though no request of the walked road names them: AWS checks them when another
 * action is asked for, as the sandbox does (`permissions.story.ts`); or only a later `up` of a changed file leads
 * CloudFormation to them. Each with its reason.
 */
export const explained: Readonly<Record<string, string>> = {
  'iam:PassRole': 'the roles of cluster, nodes and pods are handed to eks, ec2 and pods.eks by the caller',
  'iam:CreateServiceLinkedRole': 'EKS, EKS node groups and Auto Scaling make theirs at their first use in an account',
  'ec2:RunInstances': 'CreateNodegroup with a launch template checks that its caller could start it',
  'ec2:CreateTags': 'tags given with the creation of VPC, subnets, routes and launch templates',
  'iam:TagRole': 'stack tags on roles, given with their creation',
  'kms:TagResource': 'stack tags on the key of Secrets, given with its creation',
  'kms:CreateGrant': 'CreateCluster with a key makes the grant as its caller',
  'ec2:CreateLaunchTemplateVersion':
    'a pool whose labels, reserves or image changed gets a new version of its template',
  'ec2:ModifyLaunchTemplate': 'the new version becomes the default one',
  'ec2:ModifySubnetAttribute': 'CloudFormation mends what drifted in a subnet',
  'ec2:ModifyVpcEndpoint': 'a zone more or less changes the endpoints’ route tables',
  'ec2:ReplaceRoute': 'nat: single to per-zone changes where a route leads',
  'ec2:DeleteTags': 'a tag that the channel no longer has is taken off',
  'iam:UntagRole': 'a tag that the channel no longer has is taken off',
  'iam:UpdateAssumeRolePolicy': 'a channel may change whom a role trusts',
  'kms:PutKeyPolicy': 'a channel may change the policy of the key of Secrets',
};
