import type { ConditionKeys } from '../access/conditions.ts';
import { type Decision, decide, type Statement, statementsOf } from '../access/policy.ts';
import { type Principal, principalOf } from '../access/principal.ts';
import { AwsError, type AwsRequest, type AwsService } from '../service.ts';

export interface SimulationParts {
  /** The statements of a user's or role's own policies. */
  readonly policiesOf: (principal: Principal) => Promise<readonly Statement[]>;
}

/** What would change the answer and is not judged here. */
const uncarried = [
  'PermissionsBoundaryPolicyInputList',
  'OrderedOrganizationPolicyInputList',
  'ResourcePolicy',
  'PolicyExclusionList',
  'ResourceHandlingOption',
] as const;

/** IAM's policy simulator; the rest of IAM is the emulator's. Condition keys that the request does not give are absent. */
export function createIamSimulation(parts: SimulationParts): AwsService {
  return {
    service: 'iam',
    operations: new Set(['SimulatePrincipalPolicy', 'SimulateCustomPolicy']),
    handle: async (request) => {
      const given = uncarried.find((member) => request.input[member] !== undefined);
      if (given !== undefined)
        throw new AwsError(
          'NotImplemented',
          `The sandbox does not implement iam:${request.operation} with ${given}.`,
          501,
        );
      const statements = [
        ...(await ownStatements(parts, request)),
        ...textsIn(request, 'PolicyInputList').flatMap(statementsOf),
      ];
      return { EvaluationResults: evaluate(statements, request), IsTruncated: false };
    },
  };
}

async function ownStatements(parts: SimulationParts, { operation, input }: AwsRequest): Promise<readonly Statement[]> {
  if (operation === 'SimulateCustomPolicy') return [];
  const source = String(input['PolicySourceArn']);
  const principal = principalIn(source);
  if (principal === undefined) throw new AwsError('InvalidInput', `Invalid Entity Arn: ${source}`, 400);
  return parts.policiesOf(principal);
}

function principalIn(arn: string): Principal | undefined {
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  return account === undefined || name === undefined ? principalOf(arn) : { kind: 'role', account, name };
}

const words: Readonly<Record<Decision, string>> = {
  allowed: 'allowed',
  denied: 'explicitDeny',
  unmentioned: 'implicitDeny',
};

function evaluate(statements: readonly Statement[], request: AwsRequest): readonly object[] {
  const keys = keysIn(request);
  const resources = textsIn(request, 'ResourceArns');
  return textsIn(request, 'ActionNames').flatMap((action) =>
    (resources.length === 0 ? ['*'] : resources).map((resource) => ({
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: words[decide(statements, { action, resource, keys })],
    })),
  );
}

function keysIn({ input }: AwsRequest): ConditionKeys {
  const entries = Array.isArray(input['ContextEntries']) ? (input['ContextEntries'] as readonly ContextEntry[]) : [];
  const given = new Map(
    entries.map(({ ContextKeyName, ContextKeyValues }) => [
      String(ContextKeyName).toLowerCase(),
      ContextKeyValues ?? [],
    ]),
  );
  return (key) => given.get(key) ?? [];
}

interface ContextEntry {
  readonly ContextKeyName?: string;
  readonly ContextKeyValues?: readonly string[];
}

function textsIn({ input }: AwsRequest, member: string): readonly string[] {
  const list = input[member];
  return Array.isArray(list) ? list.map(String) : [];
}
