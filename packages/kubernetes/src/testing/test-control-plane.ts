import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { clientCertificate } from '../client/credentials.ts';
import { createKubernetesClient, type KubernetesClient } from '../client/kubernetes-client.ts';
import { isRecord, stringAt } from '../objects/kubernetes-object.ts';

export interface TestControlPlane {
  readonly server: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Runs kubectl as the administrator, with a cache of its own; answers standard output. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** One JSON line per request: what was asked of the API server, dry runs included. */
  readonly auditLogPath: string;
  readonly client: KubernetesClient;
  stop(): Promise<void>;
}

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * What runs in the child. Packages may not import the sandbox, so the control plane is started beside the test and
 * ends with it: when the child's standard input closes.
 */
const program = `
import { homedir } from 'node:os';
import { join } from 'node:path';
import { resolveBinaries, startControlPlane } from './sandbox/control-plane/src/index.ts';
const { env } = process;
const cacheDirectory = join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'roadstead');
const plane = await startControlPlane({
  binaries: (minor, signal) => resolveBinaries({ minor, cacheDirectory, env, ...(signal === undefined ? {} : { signal }) }),
  minor: '1.36', directory: process.argv[1], serviceCidr: '172.20.0.0/16', issuerUrl: 'https://127.0.0.1:1/id',
});
const { endpoint, caPem, adminCertificate, kubectlPath, auditLogPath } = plane;
console.log(JSON.stringify({ endpoint, caPem, ...adminCertificate, kubectlPath, auditLogPath }));
process.stdin.resume().on('end', async () => { await plane.stop(); process.exit(0); });
`;

/** A real control plane of 1.36 for tests that end in `.real.test.ts`; 3 to 5 s when its binaries are cached. */
export async function startTestControlPlane(): Promise<TestControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-plane-'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
    cwd: repository,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = await firstLine(child);
  const text = (name: string) => stringAt(said, name) ?? '';
  const [server, caPem, certificatePem, keyPem] = [text('endpoint'), text('caPem'), text('certPem'), text('keyPem')];
  const client = createKubernetesClient({
    server,
    caPem,
    credentials: clientCertificate(certificatePem, keyPem),
    userAgent: 'roadstead-test',
  });
  const stop = async () => {
    await client.close();
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.end();
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return {
    server,
    caPem,
    certificatePem,
    keyPem,
    kubectl: async (...args) => {
      const place = [
        '--kubeconfig',
        join(directory, 'config/admin.kubeconfig'),
        '--cache-dir',
        join(directory, 'cache'),
      ];
      return (await promisify(execFile)(text('kubectlPath'), [...place, ...args])).stdout;
    },
    auditLogPath: text('auditLogPath'),
    client,
    stop,
  };
}

function firstLine(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let output = '';
    let trouble = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      trouble = (trouble + chunk.toString()).slice(-4000);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const line = output.split('\n').find((each) => each.startsWith('{'));
      if (line === undefined || !output.includes('\n')) return;
      const said: unknown = JSON.parse(line);
      if (isRecord(said)) resolve(said);
    });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`the control plane ended with ${code}: ${trouble}`)));
  });
}
