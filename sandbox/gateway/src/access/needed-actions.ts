import { type Asked, resourceOfRequest } from './resources.ts';

/** What a request's caller must be allowed. */
export interface NeededAction {
  /** As `iam:PassRole`. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this action alone, in lower case. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

/** Signing names whose actions have another prefix. */
const prefixes: Readonly<Record<string, string>> = { tagging: 'tag', monitoring: 'cloudwatch', 'api.ecr': 'ecr' };

/** Operations whose action has another name. */
const renamed: Readonly<Record<string, string>> = {
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:ListObjects': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:DeleteObjects': 's3:DeleteObject',
};

/** What everyone may ask for; AssumeRole is judged together with the role's trust policy. */
const free: ReadonlySet<string> = new Set(['sts:GetCallerIdentity', 'sts:GetSessionToken', 'sts:AssumeRole']);

/**
 * Every action that a request needs: its own, and those that AWS checks on the caller's behalf (roles that are handed
 * on, tags that are set at creation, what EKS does as its caller). Empty for what needs no permission.
 */
export function neededActions(asked: Asked): readonly NeededAction[] {
  const { service, operation } = asked;
  const plain = `${prefixes[service] ?? service}:${operation}`;
  if (free.has(plain)) return [];
  const action = renamed[plain] ?? plain;
  const keys = requestTags(asked);
  return [
    { action, resource: resourceOfRequest(asked), keys },
    ...tagging(asked),
    ...(dependents[plain]?.(asked) ?? []),
  ];
}

function needed(action: string, resource = '*', keys: NeededAction['keys'] = {}): NeededAction {
  return { action, resource, keys };
}

type Dependents = (asked: Asked) => readonly NeededAction[];

/**
 * Sources: the service authorization reference and the EKS user guide ("Required permissions" of clusters, node groups,
 * add-ons and pod identities). The service-linked roles are asked for each time, as in an account that has none yet.
 */
const dependents: Readonly<Record<string, Dependents>> = {
  'eks:CreateCluster': (asked) => [
    ...passed(asked.input['roleArn'], 'eks.amazonaws.com'),
    serviceLinkedRole(asked, 'eks.amazonaws.com', 'AWSServiceRoleForAmazonEKS'),
    ...encryption(asked),
  ],
  'eks:AssociateEncryptionConfig': (asked) => encryption(asked),
  'eks:CreateNodegroup': (asked) => [
    ...passed(asked.input['nodeRole'], 'eks.amazonaws.com'),
    serviceLinkedRole(asked, 'eks-nodegroup.amazonaws.com', 'AWSServiceRoleForAmazonEKSNodegroup'),
    needed('iam:GetRole', String(asked.input['nodeRole'])),
    needed('iam:ListAttachedRolePolicies', String(asked.input['nodeRole'])),
    needed('ec2:DescribeSubnets'),
    ...(asked.input['launchTemplate'] === undefined ? [] : [needed('ec2:RunInstances')]),
  ],
  'eks:CreateFargateProfile': (asked) => [
    ...passed(asked.input['podExecutionRoleArn'], 'eks-fargate-pods.amazonaws.com'),
    serviceLinkedRole(asked, 'eks-fargate.amazonaws.com', 'AWSServiceRoleForAmazonEKSForFargate'),
    needed('iam:GetRole', String(asked.input['podExecutionRoleArn'])),
    needed('ec2:DescribeSubnets'),
  ],
  'eks:CreateAddon': addonRoles,
  'eks:UpdateAddon': addonRoles,
  'eks:CreatePodIdentityAssociation': podIdentity,
  'eks:UpdatePodIdentityAssociation': podIdentity,
  'cloudformation:CreateStack': (asked) => passed(asked.input['RoleARN'], 'cloudformation.amazonaws.com'),
  'cloudformation:CreateChangeSet': (asked) => passed(asked.input['RoleARN'], 'cloudformation.amazonaws.com'),
  'cloudformation:UpdateStack': (asked) => passed(asked.input['RoleARN'], 'cloudformation.amazonaws.com'),
  'cloudformation:DeleteStack': (asked) => passed(asked.input['RoleARN'], 'cloudformation.amazonaws.com'),
  'iam:AddRoleToInstanceProfile': (asked) =>
    passed(`arn:aws:iam::${asked.account}:role/${asked.input['RoleName']}`, 'ec2.amazonaws.com'),
  'autoscaling:CreateAutoScalingGroup': (asked) => [
    serviceLinkedRole(asked, 'autoscaling.amazonaws.com', 'AWSServiceRoleForAutoScaling'),
    ...(asked.input['LaunchTemplate'] === undefined ? [] : [needed('ec2:RunInstances')]),
  ],
};

function passed(role: unknown, service: string): readonly NeededAction[] {
  if (typeof role !== 'string' || role === '') return [];
  return [needed('iam:PassRole', role, { 'iam:passedtoservice': [service] })];
}

function serviceLinkedRole({ account }: Asked, service: string, name: string): NeededAction {
  const resource = `arn:aws:iam::${account}:role/aws-service-role/${service}/${name}`;
  return needed('iam:CreateServiceLinkedRole', resource, { 'iam:awsservicename': [service] });
}

function encryption({ input }: Asked): readonly NeededAction[] {
  const keys = recordsOf(input['encryptionConfig']).map((config) => recordsOf([config['provider']])[0]?.['keyArn']);
  return keys.flatMap((key) => [needed('kms:DescribeKey', String(key)), needed('kms:CreateGrant', String(key))]);
}

function addonRoles({ input }: Asked): readonly NeededAction[] {
  const associations = recordsOf(input['podIdentityAssociations']);
  return [
    ...passed(input['serviceAccountRoleArn'], 'eks.amazonaws.com'),
    ...associations.flatMap(({ roleArn }) => passed(roleArn, 'pods.eks.amazonaws.com')),
  ];
}

function podIdentity({ input }: Asked): readonly NeededAction[] {
  const { roleArn } = input;
  if (typeof roleArn !== 'string') return [];
  return [...passed(roleArn, 'pods.eks.amazonaws.com'), needed('iam:GetRole', roleArn)];
}

/** The action that sets tags, for operations that are refused without it when they bring tags. */
const tagActions: Readonly<Record<string, string>> = {
  'iam:CreateRole': 'iam:TagRole',
  'iam:CreateUser': 'iam:TagUser',
  'iam:CreatePolicy': 'iam:TagPolicy',
  'iam:CreateInstanceProfile': 'iam:TagInstanceProfile',
  'iam:CreateOpenIDConnectProvider': 'iam:TagOpenIDConnectProvider',
  'kms:CreateKey': 'kms:TagResource',
  'logs:CreateLogGroup': 'logs:TagResource',
  'sqs:CreateQueue': 'sqs:TagQueue',
  'events:PutRule': 'events:TagResource',
  'ssm:PutParameter': 'ssm:AddTagsToResource',
  'autoscaling:CreateAutoScalingGroup': 'autoscaling:CreateOrUpdateTags',
  'elasticloadbalancing:CreateLoadBalancer': 'elasticloadbalancing:AddTags',
  'elasticloadbalancing:CreateTargetGroup': 'elasticloadbalancing:AddTags',
};

function tagging(asked: Asked): readonly NeededAction[] {
  const tags = tagsIn(asked.input);
  if (Object.keys(tags).length === 0) return [];
  const { service, operation } = asked;
  const resource = resourceOfRequest(asked);
  const keys = requestTags(asked);
  if (service === 'ec2' && operation !== 'CreateTags' && operation !== 'DeleteTags')
    return [needed('ec2:CreateTags', resource, { ...keys, 'ec2:createaction': [operation] })];
  const action = tagActions[`${service}:${operation}`];
  return action === undefined ? [] : [needed(action, resource, keys)];
}

function requestTags({ input }: Asked): NeededAction['keys'] {
  const tags = tagsIn(input);
  const each = Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]] as const);
  return { ...Object.fromEntries(each), 'aws:tagkeys': Object.keys(tags) };
}

/** The tags that a request brings, in whichever of AWS's three forms. */
function tagsIn(input: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const given = input['Tags'] ?? input['tags'] ?? recordsOf(input['TagSpecifications'])[0]?.['Tags'];
  if (Array.isArray(given)) {
    const pairs = recordsOf(given).map((tag) => [tag['Key'] ?? tag['TagKey'], tag['Value'] ?? tag['TagValue'] ?? '']);
    return Object.fromEntries(pairs.map(([key, value]) => [String(key), String(value)]));
  }
  if (typeof given !== 'object' || given === null) return {};
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]));
}

function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}
