import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureMoto } from '@roadstead/sandbox-moto';
import { beforeAll, expect, it } from 'vitest';
import { renderedStacks } from './rendered-stacks.ts';

/** AWS's own validator over the stacks of both examples. W3010 is a matter of taste: zones are named, as the plan shows them. */
let cfnLint = '';

beforeAll(async () => {
  const cacheHome = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const cacheDirectory = process.env['ROADSTEAD_CACHE'] ?? join(cacheHome, 'roadstead');
  cfnLint = (await ensureMoto({ cacheDirectory, environment: process.env })).cfnLint;
});

/** What the validator finds in templates, as JSON. */
async function lint(templates: readonly { readonly id: string; readonly template: object }[]): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'roadstead-stacks-'));
  const files: string[] = [];
  for (const { id, template } of templates) {
    files.push(join(folder, `${id}.json`));
    await writeFile(join(folder, `${id}.json`), JSON.stringify(template, undefined, 2));
  }
  const args = ['--ignore-checks', 'W3010', '--regions', 'eu-central-1', '--format', 'json', '--', ...files];
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(cfnLint, args, { timeout: 110_000 }, (error, out) => {
      // Findings are told by the exit code too; without any output it is no finding that failed.
      if (error !== null && out === '') reject(error);
      else resolve(out);
    });
  });
  return JSON.parse(stdout);
}

it.each(['shop', 'per-zone'])('the stacks of %s have no error and no warning', async (example) => {
  expect(await lint(await renderedStacks(example))).toEqual([]);
});

it('a wrong property is found, so the validator does look', async () => {
  const template = { Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlok: '10.0.0.0/16' } } } };
  expect(await lint([{ id: 'wrong', template }])).toContainEqual(
    expect.objectContaining({ Level: 'Error', Message: expect.stringContaining('CidrBlok') }),
  );
});
