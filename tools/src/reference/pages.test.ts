import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from './pages.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const pages = await referencePages(root);

it.each([...pages.keys()])(
  'docs/reference/%s is what the sources say (node tools/src/generate-reference.ts)',
  async (name) => {
    expect(pages.get(name)).toBe(await readFile(join(root, 'docs', 'reference', name), 'utf8'));
  },
);

it('gives the same bytes for the same sources', async () => {
  expect(await referencePages(root)).toEqual(pages);
});

it('names nothing of this machine', () => {
  for (const text of pages.values()) expect(text).not.toContain(root);
});

it('finds the commands, the fields and the codes that a newcomer meets first', () => {
  expect(pages.get('cli.md')).toContain('## roadstead sandbox env');
  expect(pages.get('cluster-file.md')).toContain('`spec.nodePools[].size.max`');
  expect(pages.get('errors.md')).toContain('| `WRONG_ACCOUNT` |');
});
