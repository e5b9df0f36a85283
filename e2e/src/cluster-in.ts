import { join } from 'node:path';
import { aws, demandSuccess, type Roadstead } from './roadstead.ts';
import type { Finished, Sandbox } from './sandbox.ts';
import { temporaryFolder } from './temporary.ts';

/** A kubeconfig of its own as `roadstead kubeconfig` writes it; kubectl needs nothing else. */
export async function kubeconfigOf(roadstead: Roadstead, file: string): Promise<string> {
  const kubeconfig = join(await temporaryFolder('kube'), 'config');
  await roadstead.ok('kubeconfig', '-f', file, '--kubeconfig', kubeconfig, '--use');
  return kubeconfig;
}

/** kubectl of one identity with one kubeconfig. */
export interface Kubectl {
  run(...args: readonly string[]): Promise<Finished>;
  /** Runs, demands success, answers standard output. */
  ok(...args: readonly string[]): Promise<string>;
  get<T>(...args: readonly string[]): Promise<T>;
}

/** Requests of half a minute at the most, so that what hangs is a failure of its own. */
export function kubectlWith(sandbox: Sandbox, kubeconfig: string, more: NodeJS.ProcessEnv = {}): Kubectl {
  const run: Kubectl['run'] = (...args) =>
    sandbox.run('kubectl', ['--kubeconfig', kubeconfig, '--request-timeout=30s', ...args], more);
  const ok: Kubectl['ok'] = async (...args) => demandSuccess(`kubectl ${args.join(' ')}`, await run(...args)).stdout;
  return {
    run,
    ok,
    get: async <T>(...args: readonly string[]) => JSON.parse(await ok('get', ...args, '-o', 'json')) as T,
  };
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A role of the sandbox's first account that everybody in that account may assume. Answers its ARN. */
export async function createRole(sandbox: Sandbox, name: string): Promise<string> {
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }],
  });
  const { Role } = await aws<{ Role: { Arn: string } }>(
    sandbox,
    ...['iam', 'create-role', '--role-name', name, '--assume-role-policy-document', trust],
  );
  return Role.Arn;
}

/** The session of a role of the sandbox's first account. */
export async function assumeRole(sandbox: Sandbox, role: string): Promise<Keys> {
  const arn = `arn:aws:iam::123456789012:role/${role}`;
  const { Credentials } = await aws<{
    Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  }>(sandbox, 'sts', 'assume-role', '--role-arn', arn, '--role-session-name', 'a-story');
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
}

export function environmentOf({ accessKeyId, secretAccessKey, sessionToken }: Keys): NodeJS.ProcessEnv {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
