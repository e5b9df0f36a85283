import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodeMeaning, codeMeanings } from './code-meanings.ts';
import { type ErrorUse, errorUsesOf } from './error-codes.ts';
import { cell, table } from './markdown.ts';

/** A code with the ways in which sources tell it. */
export interface Entry {
  readonly code: string;
  readonly workspaces: ReadonlySet<string>;
  readonly uses: readonly Pick<ErrorUse, 'message' | 'hint'>[];
}

/** The page of every code that the sources give out, with what is said and what to do. Rejects where a code would be left without. */
export async function errorsPage(root: string): Promise<string> {
  const entries = withMeanings(await entriesOf(root), codeMeanings);
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
      if (!entry.uses.some((use) => use.message === message && use.hint === hint)) entry.uses.push({ message, hint });
    }
  }
  return [...entries].map(([code, entry]) => ({ code, ...entry })).toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

/**
 * Puts meanings where sources have no words; where they have, theirs count. Throws for a code that stays without words or
 * without a next step, and for a meaning of a code that nobody gives out.
 */
export function withMeanings(
  entries: readonly Entry[],
  meanings: Readonly<Record<string, CodeMeaning>>,
): readonly Entry[] {
  const codes = new Set(entries.map(({ code }) => code));
  const faults = Object.keys(meanings)
    .filter((code) => !codes.has(code))
    .map((code) => `${code} is given out by nobody`);
  const told = entries.map((entry) => tell(entry, meanings[entry.code] ?? {}, faults));
  if (faults.length > 0) throw new Error(`tools/src/reference/code-meanings.ts: ${faults.join('; ')}`);
  return told;
}

function tell(entry: Entry, { says, todo }: CodeMeaning, faults: string[]): Entry {
  const { code, uses } = entry;
  const lacksWords = uses.some(({ message }) => !hasWords(message));
  const lacksNext = uses.every(({ hint }) => hint === '');
  if (lacksWords && says === undefined)
    faults.push(`${code} says nothing: write its message where it is given out, or here`);
  if (lacksNext && todo === undefined) faults.push(`${code} has no hint: write one where it is given out, or here`);
  return {
    ...entry,
    uses: uses.map(({ message, hint }, index) => ({
      message: hasWords(message) ? message : (says ?? ''),
      hint: index === 0 && lacksNext ? (todo ?? '') : hint,
    })),
  };
}

/** Whether a text says something without what the case fills in. */
function hasWords(text: string): boolean {
  return /\p{L}{2,}/u.test(text.replaceAll(/\bis\b/g, ''));
}

function tableOf(entries: readonly Entry[]): readonly string[] {
  return table(
    ['Code', 'Says', 'What to do', 'From'],
    entries.flatMap(({ code, uses, workspaces }) =>
      uses.map(({ message, hint }, index) => [
        index === 0 ? `\`${code}\`` : '',
        cell(message),
        cell(hint),
        index === 0 ? [...workspaces].map((each) => each.replace(/^packages\//, '')).join(', ') : '',
      ]),
    ),
  );
}
