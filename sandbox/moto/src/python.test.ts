import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheKey } from './ensure-moto.ts';
import { cleanEnvironment, findPython, judgePython, venvPackageOf } from './python.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-python-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('what a Python says of itself', () => {
  it.each([
    [0, '3.11.7\nvenv\n', { version: '3.11.7', verdict: 'ok' }],
    [0, '3.13.0\nvenv\n', { version: '3.13.0', verdict: 'ok' }],
    [0, '3.10.12\nvenv\n', { version: '3.10.12', verdict: 'too-old' }],
    [0, '2.7.18\nnone\n', { version: '2.7.18', verdict: 'too-old' }],
    [0, '3.12.1\nnone\n', { version: '3.12.1', verdict: 'no-venv' }],
    [127, 'pyenv: python3: command not found\n', { version: 'pyenv: python3: command not found', verdict: 'broken' }],
    [null, '', { version: '', verdict: 'broken' }],
  ])('exit code %j with %j is judged', (code, output, judged) => {
    expect(judgePython({ code, output })).toEqual(judged);
  });
});

/** A program that prints what a Python's probe would. */
async function fakePython(printed: string, code = 0): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'python-')), 'python');
  await writeFile(path, `#!/bin/sh\nprintf '${printed}'\nexit ${code}\n`);
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
    await expect(findPython(how, [await fakePython('pyenv: no such version\\n', 1)])).rejects.toMatchObject({
      code: 'PYTHON_BROKEN',
      message: expect.stringContaining('does not run: pyenv: no such version'),
    });
  });

  it('is told of the one that is nearest to being right', async () => {
    const refused = [
      await fakePython('x', 1),
      await fakePython('3.8.1\\nvenv\\n'),
      await fakePython('3.12.1\\nnone\\n'),
    ];
    await expect(findPython(how, refused)).rejects.toMatchObject({ code: 'PYTHON_WITHOUT_VENV' });
    await expect(findPython(how, refused.slice(0, 2))).rejects.toMatchObject({ code: 'PYTHON_TOO_OLD' });
  });

  it.each([
    ['python3', 'python3-venv'],
    ['python3.12', 'python3.12-venv'],
    ['/opt/python', 'python3-venv'],
  ])('%s lacks the package %s', (command, name) => {
    expect(venvPackageOf(command)).toBe(name);
  });

  it('does not wait for one that hangs', async () => {
    const hanging = join(directory, 'hanging');
    await writeFile(hanging, '#!/bin/sh\nsleep 60\n', { mode: 0o755 });
    await expect(findPython({ ...how, timeoutMs: 50 }, [hanging])).rejects.toMatchObject({
      code: 'PYTHON_BROKEN',
      message: expect.stringContaining('did not end within 0.05 s'),
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
