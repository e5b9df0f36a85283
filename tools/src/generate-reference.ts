import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { referencePages } from './reference/pages.ts';

/** `node tools/src/generate-reference.ts` writes docs/reference anew from the sources; a test says when that was forgotten. */
const root = join(import.meta.dirname, '..', '..');
const directory = join(root, 'docs', 'reference');
await mkdir(directory, { recursive: true });
for (const [name, text] of await referencePages(root)) await writeFile(join(directory, name), text);
