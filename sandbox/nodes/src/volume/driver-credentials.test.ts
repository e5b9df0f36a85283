import { AwsError, type Backend } from '@roadstead/sandbox-gateway';
import { expect, test } from 'vitest';
import { at, itemsOf } from '../read.ts';
import { credentialProblem } from './driver-credentials.ts';

const cluster = { account: '123456789012', region: 'eu-central-1', name: 'shop' };
const roleArn = 'arn:aws:iam::123456789012:role/ebs';

interface World {
  readonly associated?: string;
  readonly annotated?: string;
  readonly exists?: boolean;
  /** What the role needs to see among the tags of a request to allow it; without one it allows nothing. */
  readonly allowsTag?: string;
}

function problem(world: World): Promise<string | undefined> {
  const answers: Readonly<Record<string, (input: Record<string, unknown>) => Record<string, unknown>>> = {
    ListPodIdentityAssociations: () => ({
      associations: world.associated === undefined ? [] : [{ associationId: 'a' }],
    }),
    DescribePodIdentityAssociation: () => ({ association: { roleArn: world.associated } }),
    GetRole: () => {
      if (world.exists === false) throw new AwsError('NoSuchEntity', 'none', 404);
      return { Role: {} };
    },
    SimulatePrincipalPolicy: ({ ContextEntries }) => {
      const keys = itemsOf(ContextEntries).map((entry) => at(entry, 'ContextKeyName'));
      const EvalDecision = keys.includes(`aws:RequestTag/${world.allowsTag}`) ? 'allowed' : 'implicitDeny';
      return { EvaluationResults: [{ EvalDecision }] };
    },
  };
  const backend: Backend = { call: async (_, __, operation, input = {}) => answers[operation]?.(input) ?? {} };
  const annotations = world.annotated === undefined ? {} : { 'eks.amazonaws.com/role-arn': world.annotated };
  const account = { metadata: { name: 'ebs-csi-controller-sa', uid: 'u', resourceVersion: '1', annotations } };
  return credentialProblem(backend, cluster, account, { 'ebs.csi.aws.com/cluster': 'true' });
}

test.each<[string, World, string | undefined]>([
  ['a role by association that may', { associated: roleArn, allowsTag: 'ebs.csi.aws.com/cluster' }, undefined],
  ['a role by annotation that may', { annotated: roleArn, allowsTag: 'ebs.csi.aws.com/cluster' }, undefined],
  ['no role', {}, 'no EC2 IMDS role found'],
  ['a role that is not there', { associated: roleArn, exists: false }, 'does not exist'],
  ['a role that may not', { associated: roleArn }, `${roleArn} is not authorized to perform: ec2:CreateVolume`],
  ['a role that may with other tags', { associated: roleArn, allowsTag: 'other' }, 'UnauthorizedOperation'],
])('the driver with %s', async (_, world, expected) => {
  const found = await problem(world);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(expected);
});
