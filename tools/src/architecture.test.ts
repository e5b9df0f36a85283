import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const workspaces = globSync(
  [
    'packages/*/package.json',
    'apps/*/package.json',
    'sandbox/*/package.json',
    'e2e/package.json',
    'bench/package.json',
  ],
  { cwd: root },
).map(dirname);

it('finds the workspaces', () => {
  expect(workspaces.length).toBeGreaterThan(10);
});

it.each(workspaces)('%s is in ARCHITECTURE.md', async (workspace) => {
  expect(await readFile(join(root, 'ARCHITECTURE.md'), 'utf8')).toContain(`| \`${workspace}\` |`);
});

it.each(workspaces.filter((workspace) => workspace.includes('/')))(
  '%s has a README of one screen',
  async (workspace) => {
    const readme = await readFile(join(root, workspace, 'README.md'), 'utf8');
    expect(readme.split('\n').length).toBeLessThan(80);
  },
);
