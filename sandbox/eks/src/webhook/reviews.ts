import { entryOfCaller, hiddenCreator, mapUser, urlOfToken } from '../access/authenticate.ts';
import { policiesAllow, type Wanted } from '../access/authorize.ts';
import { lookUp } from '../aws/iam.ts';
import { nodeNameOfInstance } from '../aws/instances.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { parsePrincipal } from '../shared/arns.ts';
import { members, text, texts, within } from '../shared/read.ts';

/** TokenReview v1: who a `k8s-aws-v1.` token is on this cluster. A refusal says why in the log, not to the caller. */
export async function reviewToken(eks: Eks, cluster: ClusterRecord, review: unknown): Promise<object> {
  const token = text(within(members(review), 'spec'), 'token') ?? '';
  const outcome = await userOf(eks, cluster, token);
  if (typeof outcome === 'string') {
    eks.context.log({ cluster: cluster.name, reason: outcome }, 'token refused');
    return tokenReview({ authenticated: false, error: 'Unauthorized' });
  }
  return tokenReview({ authenticated: true, user: outcome });
}

function tokenReview(status: object): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
}

async function userOf(eks: Eks, cluster: ClusterRecord, token: string): Promise<object | string> {
  const url = urlOfToken(token);
  if (url === undefined) return 'not a k8s-aws-v1 token';
  const verdict = await eks.verify(url, { 'x-k8s-aws-id': cluster.name });
  if (!verdict.ok) return verdict.reason;
  const { caller } = verdict;
  if (hiddenCreator(cluster, caller.arn)) {
    const hidden = {
      username: 'kubernetes-admin',
      groups: ['system:masters'],
      principalId: caller.userId.split(':')[0] ?? '',
    };
    return mapUser(hidden, caller, '', '');
  }
  if (cluster.authenticationMode === 'CONFIG_MAP')
    return `${caller.arn} is not the cluster's creator, and aws-auth is not read`;
  const known = entryOfCaller(cluster.accessEntries.values(), caller.arn);
  if (known === undefined) return `${caller.arn} has no access entry`;
  const principal = parsePrincipal(known.entry.principalArn);
  const live = principal === undefined ? undefined : await lookUp(eks, cluster.place.region, principal);
  if (live?.id !== known.entry.principalId)
    return `${known.entry.principalArn} is not the principal the entry was made for`;
  const isNode = known.entry.username.includes('{{EC2PrivateDNSName}}');
  const nodeName = isNode ? await nodeNameOfInstance(eks, cluster.place, known.sessionName) : '';
  if (nodeName === undefined) return `session ${known.sessionName} is no instance`;
  return mapUser(known.entry, caller, known.sessionName, nodeName);
}

/** SubjectAccessReview v1: whether an access policy allows it. Never denies: RBAC has its own say. */
export function reviewAccess(cluster: ClusterRecord, review: unknown): object {
  const spec = within(members(review), 'spec');
  const [canonicalArn] = texts(within(spec, 'extra'), 'canonicalArn') ?? [];
  const known = canonicalArn === undefined ? undefined : entryOfCaller(cluster.accessEntries.values(), canonicalArn);
  const allowed =
    known !== undefined &&
    cluster.authenticationMode !== 'CONFIG_MAP' &&
    policiesAllow(known.entry.policies.values(), wantedOf(spec));
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    status: { allowed, ...(allowed ? { reason: 'EKS access policy' } : {}) },
  };
}

function wantedOf(spec: Readonly<Record<string, unknown>>): Wanted {
  const path = within(spec, 'nonResourceAttributes');
  if (text(path, 'path') !== undefined) return { kind: 'path', verb: text(path, 'verb') ?? '' };
  const wanted = within(spec, 'resourceAttributes');
  const subresource = text(wanted, 'subresource') ?? '';
  return {
    kind: 'resource',
    verb: text(wanted, 'verb') ?? '',
    group: text(wanted, 'group') ?? '',
    resource: `${text(wanted, 'resource') ?? ''}${subresource === '' ? '' : `/${subresource}`}`,
    namespace: text(wanted, 'namespace') ?? '',
  };
}

/** The documents of a cluster's service account issuer, as relying parties fetch them. */
export function issuerDocument(cluster: ClusterRecord, document: string): object | undefined {
  if (cluster.controlPlane === undefined) return undefined;
  if (document === 'keys') return cluster.controlPlane.jwks;
  if (document !== '.well-known/openid-configuration') return undefined;
  return {
    issuer: cluster.issuer,
    jwks_uri: `${cluster.issuer}/keys`,
    authorization_endpoint: 'urn:kubernetes:programmatic_authorization',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    claims_supported: ['sub', 'iss'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}
