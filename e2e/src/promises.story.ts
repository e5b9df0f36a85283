import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './sandbox.ts';

/** The table of README.md: which test keeps which promise. */
it('every promise of the table has its test, by name', async () => {
  const text = await readFile(join(root, 'e2e/README.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (.+) \| `([^`]+\.ts)` "(.+)" \|$/gm)];
  expect(rows.length).toBeGreaterThan(40);
  expect(rows).toHaveLength(text.split('\n').filter((line) => /^\| .*\.ts` /.test(line)).length);
  const missing: string[] = [];
  for (const [, promise = '', file = '', title = ''] of rows) {
    const source = await readFile(join(root, file), 'utf8');
    if (!source.includes(title)) missing.push(`${promise}: ${file} has no "${title}"`);
  }
  expect(missing).toEqual([]);
});
