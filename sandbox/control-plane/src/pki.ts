import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import {
  type Authority,
  type Certificate,
  createAuthority,
  createServiceAccountKey,
  issueClientCertificate,
  issueServerCertificate,
} from './authority.ts';

/** What others use of a control plane's keys; the rest stays in files. */
export interface Pki {
  /** The cluster's authority: serving and client certificates. */
  readonly authority: Authority;
  readonly admin: Certificate;
  readonly controllerManager: Certificate;
  readonly scheduler: Certificate;
  readonly serviceAccountPublicPem: string;
}

/** The addresses that the API server's certificate is for, besides names asked for. */
export function apiServerNames(serviceCidr: string, more: readonly string[]): readonly string[] {
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const address = firstAddressOf(serviceCidr);
  return [...new Set([...names, 'kubernetes.default.svc.cluster.local', '127.0.0.1', address, ...more])];
}

/** The address that the `kubernetes` Service gets: the network's plus one. IPv4. */
export function firstAddressOf(cidr: string): string {
  const octets = (cidr.split('/')[0] ?? '').split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return [a, b, c, d + 1].join('.');
}

/** Makes the keys at the first start and reads them at the next; `serverNames` are those of the first start. */
export async function ensurePki(directory: string, serverNames: readonly string[], nowMs: number): Promise<Pki> {
  const complete = `${directory}/complete`;
  if (!existsSync(complete)) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await makePki(directory, serverNames, nowMs);
    await writeFile(complete, '');
  }
  const read = async (name: string): Promise<Certificate> => ({
    certPem: await readFile(`${directory}/${name}.crt`, 'utf8'),
    keyPem: await readFile(`${directory}/${name}.key`, 'utf8'),
  });
  return {
    authority: await read('ca'),
    admin: await read('admin'),
    controllerManager: await read('controller-manager'),
    scheduler: await read('scheduler'),
    serviceAccountPublicPem: await readFile(`${directory}/service-account.pub`, 'utf8'),
  };
}

/**
 * Two authorities, because each is trusted for something else: whoever holds a client certificate of the cluster must not
 * pass as the API server's own proxy.
 */
async function makePki(directory: string, serverNames: readonly string[], nowMs: number): Promise<void> {
  const cluster = createAuthority('kubernetes', nowMs);
  const frontProxy = createAuthority('front-proxy', nowMs);
  const client = (name: string, ...groups: string[]) => issueClientCertificate(cluster, { name, groups }, nowMs);
  const certificates: Readonly<Record<string, Certificate>> = {
    ca: cluster,
    'front-proxy-ca': frontProxy,
    apiserver: issueServerCertificate(cluster, serverNames, nowMs),
    'front-proxy-client': issueClientCertificate(frontProxy, { name: 'front-proxy-client' }, nowMs),
    'kubelet-client': client('kube-apiserver-kubelet-client', 'system:masters'),
    admin: client('sandbox-admin', 'system:masters'),
    'controller-manager': client('system:kube-controller-manager'),
    scheduler: client('system:kube-scheduler'),
  };
  const serviceAccount = await createServiceAccountKey();
  const files: (readonly [string, string])[] = Object.entries(certificates).flatMap(([name, { certPem, keyPem }]) => [
    [`${name}.crt`, certPem] as const,
    [`${name}.key`, keyPem] as const,
  ]);
  files.push(['service-account.key', serviceAccount.privatePem], ['service-account.pub', serviceAccount.publicPem]);
  await Promise.all(files.map(([name, text]) => writeFile(`${directory}/${name}`, text, { mode: 0o600 })));
}
