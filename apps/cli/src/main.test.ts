import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of shell in the checkout, as a person types it. */
async function shell(line: string): Promise<Ended> {
  try {
    return { code: 0, ...(await run('bash', ['-o', 'pipefail', '-c', line], { cwd: root })) };
  } catch (error) {
    return error as Ended;
  }
}

describe('the process', { timeout: 60_000 }, () => {
  it('ends well when its reader goes away', async () => {
    expect(await shell('bin/roadstead schema | head -c 1')).toEqual({ code: 0, stdout: '{', stderr: '' });
  });

  it('says that its answer is lost when the disk is full', async () => {
    const { code, stderr } = await shell('bin/roadstead schema > /dev/full');
    expect(stderr).toContain('the answer could not be written: ');
    expect(stderr).toContain('[OUTPUT_LOST]');
    expect(code).toBe(1);
  });

  it('says nothing to nobody when both streams are closed', async () => {
    expect(await shell('bin/roadstead plan >&- 2>&-')).toMatchObject({ code: 2, stdout: '', stderr: '' });
  });

  it('hands a long answer over whole', async () => {
    const line = 'bin/roadstead render -f examples/shop.yaml --inputs examples/inputs.json -o json | (sleep 0.3; cat)';
    expect(JSON.parse((await shell(line)).stdout)).toHaveProperty('digest');
  });

  it('names itself as it was started', async () => {
    const linked = 'd=$(mktemp -d) && ln -s "$PWD/bin/roadstead" "$d/roadstead" &&';
    expect((await shell(`${linked} "$d/roadstead" upp; code=$?; rm -r "$d"; exit $code`)).stderr).toMatch(
      /\n {2}\/\S+\/roadstead --help says/,
    );
    expect((await shell(`${linked} PATH="$d:$PATH" roadstead upp; code=$?; rm -r "$d"; exit $code`)).stderr).toMatch(
      /\n {2}roadstead --help says/,
    );
  });
});
