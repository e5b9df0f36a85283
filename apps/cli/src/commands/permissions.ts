import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from './context.ts';

/** Actions by service as they were seen in a whole `up` and `down`; a story keeps the file true. */
interface SeenActions {
  readonly actions: readonly string[];
  /** Roles that are handed to a service: `iam:PassRole` is allowed to these alone. */
  readonly passedTo: readonly string[];
}

/** `roadstead permissions`: an IAM policy for whoever runs `up` and `down`. */
export async function permissionsCommand({ console }: CommandContext): Promise<number> {
  const seen = JSON.parse(await readFile(join(import.meta.dirname, '..', 'permissions.json'), 'utf8')) as SeenActions;
  console.out(JSON.stringify(policyOf(seen), undefined, 2));
  return 0;
}

export function policyOf({ actions, passedTo }: SeenActions) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Roadstead',
        Effect: 'Allow',
        Action: actions.filter((action) => action !== 'iam:PassRole'),
        Resource: '*',
      },
      {
        Sid: 'HandRolesToServices',
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: '*',
        Condition: { StringEquals: { 'iam:PassedToService': passedTo } },
      },
    ],
  };
}
