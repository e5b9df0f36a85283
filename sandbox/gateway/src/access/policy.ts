import { type ConditionKeys, conditionsHold, isRecord, like, listOf } from './conditions.ts';

/** One action on one resource, with what conditions may look at. */
export interface AccessQuestion {
  /** As `eks:CreateCluster`. */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resources or the sandbox does not know them. */
  readonly resource: string;
  readonly keys: ConditionKeys;
}

/** `denied`: by a statement that says so. `unmentioned`: nothing allows it. */
export type Decision = 'allowed' | 'denied' | 'unmentioned';

export type Statement = Readonly<Record<string, unknown>>;

/** The statements of a policy document. A document that cannot be read has none: it allows nothing. */
export function statementsOf(document: string): readonly Statement[] {
  try {
    const policy: unknown = JSON.parse(document);
    return isRecord(policy) ? listOf(policy['Statement']).filter(isRecord) : [];
  } catch {
    return [];
  }
}

/**
 * What identity policies say: Deny before Allow, and nothing is allowed that is not mentioned. A statement whose
 * condition cannot be judged here denies when it is a Deny and allows nothing when it is an Allow: the harsher reading.
 */
export function decide(statements: readonly Statement[], question: AccessQuestion): Decision {
  const hits = statements.filter((statement) => applies(statement, question));
  if (hits.some((statement) => statement['Effect'] === 'Deny')) return 'denied';
  return hits.some((statement) => statement['Effect'] === 'Allow') ? 'allowed' : 'unmentioned';
}

function applies(statement: Statement, question: AccessQuestion): boolean {
  const { action, keys } = question;
  const isNamed = (pattern: string): boolean => like(pattern.toLowerCase(), action.toLowerCase());
  if (!covers(statement['Action'], statement['NotAction'], isNamed)) return false;
  const isThere = (pattern: string): boolean => like(filled(pattern, keys), question.resource);
  if (!covers(statement['Resource'], statement['NotResource'], isThere)) return false;
  return conditionsHold(statement['Condition'], keys) ?? statement['Effect'] === 'Deny';
}

function covers(named: unknown, excepted: unknown, matches: (pattern: string) => boolean): boolean {
  const some = (list: unknown): boolean => listOf(list).some((one) => typeof one === 'string' && matches(one));
  return excepted === undefined ? some(named) : !some(excepted);
}

/** Policy variables: `${aws:username}`. One without a value is left as it stands and matches nothing. */
function filled(pattern: string, keys: ConditionKeys): string {
  return pattern.replace(/\$\{([^},]+)(?:, *'([^']*)')?\}/g, (whole, key: string, otherwise: string | undefined) => {
    return keys(key.trim().toLowerCase())?.[0] ?? otherwise ?? whole;
  });
}
