import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDemoSandbox } from './demo-sandbox.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-demo-test-'));
  await mkdir(join(root, 'sandbox/app/src'), { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

/** A sandbox that is this program; `say` is how it tells an event. */
async function started(program: string) {
  const say = 'const say = (event) => console.log(JSON.stringify(event));';
  await writeFile(join(root, 'sandbox/app/src/main.ts'), `${say}\n${program}`);
  const told: string[] = [];
  const sandbox = startDemoSandbox({ root, directory: root }, (message) => told.push(message));
  return { sandbox, told };
}

const orderly = `
  process.on('SIGTERM', () => { require('node:fs').writeFileSync(process.argv[3] + '/cleaned', ''); process.exit(0); });
  setInterval(() => undefined, 1000);`;

describe('the sandbox of a demo', { timeout: 60_000 }, () => {
  it('tells its progress, is ready, and is let clean up; a second stop finds it ended', async () => {
    const { sandbox, told } = await started(
      `${orderly}; console.log('not an event'); say({ event: 'progress', message: 'moto' }); say({ event: 'ready' });`,
    );
    await sandbox.ready();
    expect(told).toEqual(['moto']);
    await sandbox.stop();
    expect(await readFile(join(root, 'cleaned'), 'utf8')).toBe('');
    expect(await sandbox.ended()).toBe('0');
    await sandbox.stop();
  });

  it.each([
    ['its exit code', `console.error('no Python'); process.exitCode = 3;`, /ended with 3:\nno Python/],
    ['its signal', `process.kill(process.pid, 'SIGKILL');`, /ended with SIGKILL/],
  ])('that ends before it is ready is told with %s', async (_what, program, message) => {
    const { sandbox } = await started(program);
    await expect(sandbox.ready()).rejects.toThrow(message);
    await sandbox.stop();
  });

  it('puts its variables over ours, and takes away what it wants unset', async () => {
    vi.stubEnv('AWS_PROFILE', 'production');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const { sandbox } = await started(`
      if (process.argv[2] === 'env') console.log(JSON.stringify({ AWS_PROFILE: null, AWS_REGION: 'eu-central-1' }));
      else { ${orderly} }`);
    const environment = await sandbox.environment();
    expect(environment).toMatchObject({ AWS_REGION: 'eu-central-1', PATH: process.env['PATH'] });
    expect(environment).not.toHaveProperty('AWS_PROFILE');
    await sandbox.stop();
  });

  it('that does not say its variables is no reason to use ours', async () => {
    const { sandbox } = await started(`if (process.argv[2] === 'env') process.exitCode = 1; else { ${orderly} }`);
    await expect(sandbox.environment()).rejects.toThrow('does not say how to reach it');
    await sandbox.stop();
  });
});
