import type { Backend, Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf } from '../read.ts';

export interface RoleAction {
  readonly roleArn: string;
  /** As `ec2:CreateVolume`; all of them must be allowed. */
  readonly actions: readonly string[];
  /** Default: `*`. */
  readonly resource?: string;
  /** Condition keys of the request. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Whether a role's own policies allow actions, as IAM's simulator says. A role that is not there may nothing. */
export async function roleMay(backend: Backend, place: Place, asked: RoleAction): Promise<boolean> {
  const answer = await backend.call(place, 'iam', 'SimulatePrincipalPolicy', {
    PolicySourceArn: asked.roleArn,
    ActionNames: asked.actions,
    ResourceArns: [asked.resource ?? '*'],
    ContextEntries: Object.entries(asked.context ?? {}).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyType: 'string',
      ContextKeyValues: [value],
    })),
  });
  return itemsOf(answer.EvaluationResults).every((result) => at(result, 'EvalDecision') === 'allowed');
}
