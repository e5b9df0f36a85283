import type { AccessEntryRecord, ClusterRecord } from '../model.ts';
import { parsePrincipal, principalOfCaller, samePrincipal } from '../shared/arns.ts';

/** What the token webhook answers for a caller that a cluster knows. */
export interface KubernetesUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface TokenCaller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

const prefix = 'k8s-aws-v1.';
const maxTokenBytes = 4096;

/** The presigned URL inside a bearer token; `undefined` when it is none of EKS's. */
export function urlOfToken(token: string): string | undefined {
  if (token.length > maxTokenBytes || !token.startsWith(prefix)) return undefined;
  const body = token.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]+=*$/.test(body)) return undefined;
  const url = Buffer.from(body, 'base64url').toString();
  return URL.canParse(url) ? url : undefined;
}

/** The entry of the role or user behind a caller. */
export function entryOfCaller(
  entries: Iterable<AccessEntryRecord>,
  callerArn: string,
): { readonly entry: AccessEntryRecord; readonly sessionName: string } | undefined {
  const caller = principalOfCaller(callerArn);
  if (caller === undefined) return undefined;
  for (const entry of entries) {
    const principal = parsePrincipal(entry.principalArn);
    if (principal !== undefined && samePrincipal(principal, caller.principal)) {
      return { entry, sessionName: caller.sessionName };
    }
  }
  return undefined;
}

/** Username, groups and extra of a caller by its entry. `nodeName` fills in the private DNS name of node entries. */
export function mapUser(
  entry: Pick<AccessEntryRecord, 'username' | 'groups' | 'principalId'>,
  caller: TokenCaller,
  sessionName: string,
  nodeName: string,
): KubernetesUser {
  const canonical = principalOfCaller(caller.arn)?.principal.arn ?? caller.arn;
  const filled = entry.username
    .replaceAll('{{SessionNameRaw}}', sessionName)
    .replaceAll('{{SessionName}}', sessionName.replaceAll('@', '-'))
    .replaceAll('{{AccountID}}', caller.account)
    .replaceAll('{{EC2PrivateDNSName}}', nodeName);
  return {
    username: filled,
    uid: `aws-iam-authenticator:${caller.account}:${entry.principalId}`,
    groups: entry.groups,
    extra: {
      accessKeyId: [caller.accessKeyId],
      arn: [caller.arn],
      canonicalArn: [canonical],
      principalId: [entry.principalId],
      sessionName: [sessionName],
      'sigs.k8s.io/aws-iam-authenticator/principalId': [entry.principalId],
    },
  };
}

/**
 * Mode CONFIG_MAP has no entries. Its creator is an admin by a mapping of EKS's own that nobody sees; here the
 * only mapping of that mode, as the sandbox does not read `aws-auth`.
 */
export function hiddenCreator(
  cluster: Pick<ClusterRecord, 'authenticationMode' | 'creatorArn'>,
  callerArn: string,
): boolean {
  if (cluster.authenticationMode !== 'CONFIG_MAP') return false;
  const creator = principalOfCaller(cluster.creatorArn)?.principal;
  const caller = principalOfCaller(callerArn)?.principal;
  return creator !== undefined && caller !== undefined && samePrincipal(creator, caller);
}
