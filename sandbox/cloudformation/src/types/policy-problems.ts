import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { objectsAt, policyData } from './values.ts';

/** What IAM's own stand-in accepts and IAM does not: a role's trust policy that nobody could ever use, or is none. */
export function trustPolicyProblem(document: unknown): string | undefined {
  const policy = policyData(document);
  if (!isJsonObject(policy)) return 'This policy contains invalid Json';
  const statements = statementsOf(policy);
  if (statements.length === 0) return 'Missing required field Statement';
  return statements.map(statementProblem).find((problem) => problem !== undefined);
}

function statementProblem(statement: JsonObject): string | undefined {
  const missing = ['Effect', 'Principal', 'Action'].find(
    (name) => statement[name] === undefined && statement[`Not${name}`] === undefined,
  );
  if (missing !== undefined) return `Missing required field ${missing}`;
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') {
    return `Invalid effect: ${String(statement['Effect'])}`;
  }
  if (statement['Resource'] !== undefined) return 'Has prohibited field Resource';
  const foreign = textsOf(statement['Action']).find((action) => action !== '*' && !action.startsWith('sts:'));
  return foreign === undefined ? undefined : 'AssumeRole policy may only specify STS AssumeRole actions.';
}

const administers = new Set(['*', 'kms:*', 'kms:Put*', 'kms:PutKeyPolicy']);

/** KMS refuses a key policy after which nobody of the account could change the policy any more. */
export function keyPolicyProblem(document: unknown, account: string): string | undefined {
  const isOurs = (principal: string) =>
    principal === '*' || principal === account || principal.includes(`::${account}:`);
  const admits = statementsOf(policyData(document)).some((statement) => {
    const principal = statement['Principal'];
    const principals = isJsonObject(principal) ? textsOf(principal['AWS']) : textsOf(principal);
    return (
      statement['Effect'] === 'Allow' &&
      principals.some(isOurs) &&
      textsOf(statement['Action']).some((action) => administers.has(action))
    );
  });
  return admits ? undefined : 'The new key policy will not allow you to update the key policy in the future.';
}

function statementsOf(policy: unknown): readonly JsonObject[] {
  const statement = isJsonObject(policy) ? policy['Statement'] : undefined;
  return isJsonObject(statement) ? [statement] : objectsAt([statement].flat());
}

function textsOf(value: unknown): readonly string[] {
  return [value].flat().flatMap((each) => (each === undefined ? [] : String(each)));
}
