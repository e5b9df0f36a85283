import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
let place = '';

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'roadstead-lint-'));
  await cp(join(root, '.oxlintrc.json'), join(place, '.oxlintrc.json'));
  await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
});

/** What the linter says of one file with this content at this path. */
async function lint(path: string, content: string): Promise<string> {
  const file = join(place, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  const said = await run(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: place }).catch(
    (error: { stdout: string }) => error,
  );
  return said.stdout;
}

it.each([
  [
    'a package that imports one below it',
    'packages/definition/src/a.ts',
    "import '@roadstead/lifecycle';",
    'packages above it',
  ],
  [
    'the AWS SDK outside of provisioning',
    'packages/lifecycle/src/a.ts',
    "import '@aws-sdk/client-eks';",
    'packages/provisioning only',
  ],
  ['the AWS SDK in an app', 'apps/cli/src/a.ts', "import '@aws-sdk/client-eks';", 'packages/provisioning only'],
  [
    'Kubernetes outside of kubernetes',
    'packages/provisioning/src/a.ts',
    "import 'undici';",
    'packages/kubernetes only',
  ],
  ['the database outside of the store', 'packages/lifecycle/src/a.ts', "import 'kysely';", 'packages/store only'],
  ['the database engine outside of the store', 'apps/cli/src/a.ts', "import 'node:sqlite';", 'packages/store only'],
  [
    'a package that imports the sandbox',
    'packages/kubernetes/src/a.ts',
    "import '@roadstead/sandbox-gateway';",
    'Nothing imports the sandbox',
  ],
  [
    'an app that imports the sandbox',
    'apps/cli/src/a.ts',
    "import '@roadstead/sandbox-app';",
    'Nothing imports the sandbox',
  ],
  ['a package that imports an app', 'packages/lifecycle/src/a.ts', "import '@roadstead/cli';", 'nothing imports them'],
  [
    'the sandbox that imports a package',
    'sandbox/eks/src/a.ts',
    "import '@roadstead/definition';",
    'nothing of packages/',
  ],
  [
    'the sandbox that imports a package by path',
    'sandbox/eks/src/a.ts',
    "import '../../../packages/channel/src/index.ts';",
    'nothing of packages/',
  ],
  [
    'the environment outside of a config',
    'packages/store/src/a.ts',
    'export const home = process.env.HOME;',
    'process.env',
  ],
  [
    'the environment in an app outside of its config',
    'apps/cli/src/a.ts',
    'export const home = process.env.HOME;',
    'process.env',
  ],
  ['an any', 'packages/store/src/a.ts', 'export const a = (b: any): number => b;', 'any'],
  ['a default export', 'packages/store/src/a.ts', 'export default 1;', 'default export'],
])('finds %s', async (_what, path, content, message) => {
  expect(await lint(path, content)).toContain(message);
});

it.each([
  ['packages/provisioning/src/b.ts', "import '@aws-sdk/client-eks';"],
  ['packages/kubernetes/src/b.ts', "import 'undici';"],
  ['packages/store/src/b.ts', "import 'kysely';"],
  ['packages/lifecycle/src/b.ts', "import '@roadstead/store';"],
  ['sandbox/eks/src/b.ts', "import '@roadstead/foundation';\nimport 'undici';"],
  ['apps/cli/src/config.ts', 'export const home = process.env.HOME;'],
])('lets %s be', async (path, content) => {
  expect(await lint(path, content)).not.toMatch(/no-restricted-imports|no-process-env/);
});
