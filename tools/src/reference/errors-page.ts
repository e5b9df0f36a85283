import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorUsesOf } from './error-codes.ts';
import { cell, table } from './markdown.ts';

interface Entry {
  readonly code: string;
  readonly workspaces: ReadonlySet<string>;
  readonly uses: readonly { readonly message: string; readonly hint: string }[];
}

/** The page of every code that the sources give out, with what is said and what to do. */
export async function errorsPage(root: string): Promise<string> {
  const entries = await entriesOf(root);
  const product = entries.filter(({ workspaces }) => [...workspaces].some((each) => !each.startsWith('sandbox/')));
  const sandbox = entries.filter((entry) => !product.includes(entry));
  return [
    '# Codes',
    '',
    'Every message that names something wrong ends in one of these codes. Codes are stable: scripts and runbooks may match on them. `…` stands for what the case fills in.',
    'The exit code is 2 where the input was wrong and 1 where the world was; see the [user guide](../user-guide.md).',
    '',
    '## Roadstead',
    '',
    ...tableOf(product),
    '',
    '## The sandbox itself',
    '',
    ...tableOf(sandbox),
    '',
  ].join('\n');
}

async function entriesOf(root: string): Promise<readonly Entry[]> {
  const files = globSync('{packages,apps,sandbox}/*/src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    .toSorted();
  const entries = new Map<string, { workspaces: Set<string>; uses: { message: string; hint: string }[] }>();
  for (const file of files) {
    for (const { code, message, hint } of errorUsesOf(await readFile(join(root, file), 'utf8'))) {
      const entry = entries.get(code) ?? { workspaces: new Set(), uses: [] };
      entries.set(code, entry);
      entry.workspaces.add(file.split('/').slice(0, 2).join('/'));
      const known = entry.uses.some((use) => use.message === message && use.hint === hint);
      if (!known && (message !== '' || hint !== '')) entry.uses.push({ message, hint });
    }
  }
  return [...entries].map(([code, entry]) => ({ code, ...entry })).toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

function tableOf(entries: readonly Entry[]): readonly string[] {
  return table(
    ['Code', 'Says', 'What to do', 'From'],
    entries.flatMap(({ code, uses, workspaces }) =>
      (uses.length === 0 ? [{ message: '', hint: '' }] : uses).map(({ message, hint }, index) => [
        index === 0 ? `\`${code}\`` : '',
        cell(message),
        cell(hint),
        index === 0 ? [...workspaces].map((each) => each.replace(/^packages\//, '')).join(', ') : '',
      ]),
    ),
  );
}
