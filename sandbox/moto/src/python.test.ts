import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheKey } from './ensure-moto.ts';
import { cleanEnvironment, findPython, judgePython } from './python.ts';

describe('what a Python says of itself', () => {
  it.each([
    ['3.11.7\nvenv\n', { version: '3.11.7', verdict: 'ok' }],
    ['3.13.0\nvenv\n', { version: '3.13.0', verdict: 'ok' }],
    ['3.10.12\nvenv\n', { version: '3.10.12', verdict: 'too-old' }],
    ['2.7.18\nnone\n', { version: '2.7.18', verdict: 'too-old' }],
    ['3.12.1\nnone\n', { version: '3.12.1', verdict: 'no-venv' }],
  ])('%j is judged', (printed, judged) => {
    expect(judgePython(printed)).toEqual(judged);
  });
});

/** A program that prints what a Python's probe would. */
async function fakePython(printed: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'roadstead-python-')), 'python');
  await writeFile(path, `#!/bin/sh\nprintf '${printed}'\n`);
  await chmod(path, 0o755);
  return path;
}

describe('a machine without a good Python', () => {
  const how = { environment: { PATH: '/usr/bin:/bin' } };

  it('is told what is missing and the command that installs it', async () => {
    await expect(findPython(how, ['/nonexistent/python'])).rejects.toMatchObject({
      code: 'PYTHON_MISSING',
      hint: expect.stringContaining('apt-get install python3'),
    });
    await expect(findPython(how, [await fakePython('3.8.1\\nvenv\\n')])).rejects.toMatchObject({
      code: 'PYTHON_TOO_OLD',
      value: '3.8.1',
    });
    await expect(findPython(how, [await fakePython('3.12.1\\nnone\\n')])).rejects.toMatchObject({
      code: 'PYTHON_WITHOUT_VENV',
      hint: 'sudo apt-get install python3-venv',
    });
  });

  it('is searched on: the first that will do is taken', async () => {
    const good = await fakePython('3.12.3\\nvenv\\n');
    const found = await findPython(how, ['/nonexistent/python', await fakePython('3.8.1\\nvenv\\n'), good]);
    expect(found).toEqual({ command: good, version: '3.12.3' });
  });
});

it('no variable of AWS or Python reaches moto', () => {
  const given = {
    PATH: '/bin',
    HOME: '/h',
    AWS_PROFILE: 'prod',
    AWS_ACCESS_KEY_ID: 'AKIA',
    PYTHONPATH: '/x',
    MOTO_PORT: '1',
    PIP_INDEX_URL: 'i',
  };
  expect(cleanEnvironment(given)).toEqual({ PATH: '/bin', HOME: '/h', PIP_INDEX_URL: 'i' });
});

it('an environment is known by its packages and its Python', () => {
  expect(cacheKey('a==1', '3.11.7')).not.toBe(cacheKey('a==2', '3.11.7'));
  expect(cacheKey('a==1', '3.11.7')).not.toBe(cacheKey('a==1', '3.12.0'));
});
