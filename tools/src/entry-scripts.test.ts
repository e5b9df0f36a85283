import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let clone: string;

/** A clone with nothing but the entry script, and a `node` of the version that a case wants. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'roadstead-entry-'));
  mkdirSync(join(clone, 'bin'));
  copyFileSync(join(root, 'bin/roadstead'), join(clone, 'bin/roadstead'));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

function plantNode(directory: string, version: string): void {
  mkdirSync(directory, { recursive: true });
  const program = join(directory, 'node');
  writeFileSync(program, `#!/bin/sh\n[ "$1" = -p ] && echo ${version} || echo "node ${version} runs $*"\n`);
  chmodSync(program, 0o755);
}

const start = () =>
  spawnSync('sh', [join(clone, 'bin/roadstead'), 'plan'], {
    env: { PATH: `${join(clone, 'system')}:/usr/bin:/bin`, HOME: clone },
    encoding: 'utf8',
  });

describe('bin/roadstead', () => {
  it('says how to install what is not there', () => {
    expect(start()).toMatchObject({ status: 1, stderr: expect.stringContaining('npm install --no-save') });
  });

  it('takes the Node of the dependencies before the machine’s own', () => {
    plantNode(join(clone, 'node_modules/.bin'), '24.21.0');
    plantNode(join(clone, 'system'), '20.9.0');
    expect(start().stdout).toContain('node 24.21.0 runs');
  });

  it('takes the machine’s own where the dependencies bring none, if it is new enough', () => {
    mkdirSync(join(clone, 'node_modules'));
    plantNode(join(clone, 'system'), '26.0.1');
    expect(start().stdout).toContain('node 26.0.1 runs');
    plantNode(join(clone, 'system'), '24.5.0');
    expect(start().stdout).toContain('node 24.5.0 runs');
  });

  it.each(['22.19.0', '24.4.1'])('refuses %s, where the dependencies bring none', (version) => {
    mkdirSync(join(clone, 'node_modules'));
    plantNode(join(clone, 'system'), version);
    expect(start()).toMatchObject({ status: 1, stderr: expect.stringContaining('Install Node.js 24') });
  });
});
