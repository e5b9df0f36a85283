import type { Taint } from '../ports.ts';
import { addressIn, parseCidr } from '../shared/cidr.ts';

/** What EKS tells nodeadm on the nodes of a managed group. */
export interface NodeConfigFacts {
  readonly clusterName: string;
  readonly endpoint: string;
  readonly caPem: string;
  readonly serviceCidr: string;
  readonly maxPods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** User data is MIME multipart, or the group cannot be made. */
export class UserDataError extends Error {
  override readonly name = 'UserDataError';
}

/** EKS's own NodeConfig document. */
export function nodeConfigDocument(facts: NodeConfigFacts): string {
  const cidr = parseCidr(facts.serviceCidr);
  const labels = Object.entries(facts.labels).map(([key, value]) => `${key}=${value}`);
  const taints = facts.taints.map((taint) => `${taint.key}=${taint.value ?? ''}:${taint.effect}`);
  const flags = [
    ...(labels.length === 0 ? [] : [`--node-labels=${labels.join(',')}`]),
    ...(taints.length === 0 ? [] : [`--register-with-taints=${taints.join(',')}`]),
  ];
  return [
    '---',
    'apiVersion: node.eks.aws/v1alpha1',
    'kind: NodeConfig',
    'spec:',
    '  cluster:',
    `    apiServerEndpoint: ${facts.endpoint}`,
    `    certificateAuthority: ${Buffer.from(facts.caPem).toString('base64')}`,
    `    cidr: ${facts.serviceCidr}`,
    `    name: ${facts.clusterName}`,
    '  kubelet:',
    '    config:',
    `      maxPods: ${facts.maxPods}`,
    '      clusterDNS:',
    `      - ${cidr === undefined ? '' : addressIn(cidr, 10)}`,
    ...(flags.length === 0 ? [] : ['    flags:', ...flags.map((flag) => `    - ${JSON.stringify(flag)}`)]),
    '',
  ].join('\n');
}

/**
 * The user data of a managed group as EKS merges it: its own NodeConfig first and then the user's parts, so that
 * nodeadm, which lets later documents win, takes what the user says. Both sides base64.
 */
export function mergedUserData(facts: NodeConfigFacts, userBase64: string | undefined): string {
  const user = userBase64 === undefined ? '' : Buffer.from(userBase64, 'base64').toString();
  const own = `Content-Type: application/node.eks.aws\n\n${nodeConfigDocument(facts)}`;
  const parts = [own, ...(user.trim() === '' ? [] : mimeParts(user))];
  const body = parts.map((part) => `--//\n${part.trimEnd()}\n\n`).join('');
  const merged = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n${body}--//--\n`;
  return Buffer.from(merged).toString('base64');
}

/** The parts of a MIME multipart text, headers included, as they stand. */
export function mimeParts(source: string): readonly string[] {
  const normal = source.replaceAll('\r\n', '\n');
  const head = normal.slice(0, Math.max(0, normal.indexOf('\n\n')));
  const boundary = /boundary="?([^"\n;]+)"?/i.exec(head)?.[1];
  if (!/^content-type:\s*multipart\//im.test(head) || boundary === undefined) {
    throw new UserDataError('User data was not in the MIME multipart format.');
  }
  const open = `--${boundary}`;
  const parts: string[][] = [];
  for (const line of normal.slice(head.length).split('\n')) {
    if (line.trimEnd() === `${open}--`) return parts.map((part) => part.join('\n'));
    if (line.trimEnd() === open) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  throw new UserDataError('User data was not in the MIME multipart format.');
}
