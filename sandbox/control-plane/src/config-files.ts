import type { Certificate } from './authority.ts';

/** A webhook of the sandbox's own, over HTTPS on loopback. */
export interface Webhook {
  readonly url: string;
  readonly caPem: string;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** A kubeconfig with everything inside; JSON, which is YAML. */
export function kubeconfigOf(server: string, caPem: string, client?: Certificate): string {
  const user =
    client === undefined
      ? {}
      : { 'client-certificate-data': base64(client.certPem), 'client-key-data': base64(client.keyPem) };
  return document({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: 'sandbox', user }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox' } }],
    'current-context': 'sandbox',
  });
}

/** As EKS since 1.32: nobody is let in unnamed, but for the three health endpoints. */
export function authenticationConfig(): string {
  return document({
    // v1 is served from 1.34 on, v1beta1 by all that we play.
    apiVersion: 'apiserver.config.k8s.io/v1beta1',
    kind: 'AuthenticationConfiguration',
    anonymous: { enabled: true, conditions: ['/livez', '/readyz', '/healthz'].map((path) => ({ path })) },
  });
}

/**
 * Node, RBAC, then the webhook, whose refusal to answer decides nothing: what the first two allow works without it, what
 * they do not is denied. It is not asked about `system:` users, whose rights are Kubernetes' own.
 */
export function authorizationConfig(
  webhook: { readonly kubeconfigPath: string; readonly cacheTtl: string } | undefined,
) {
  const own = [
    { type: 'Node', name: 'node' },
    { type: 'RBAC', name: 'rbac' },
  ];
  if (webhook === undefined) return authorization(own);
  return authorization([
    ...own,
    {
      type: 'Webhook',
      name: 'access-policies',
      webhook: {
        authorizedTTL: webhook.cacheTtl,
        unauthorizedTTL: webhook.cacheTtl,
        timeout: '3s',
        subjectAccessReviewVersion: 'v1',
        matchConditionSubjectAccessReviewVersion: 'v1',
        failurePolicy: 'NoOpinion',
        connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: webhook.kubeconfigPath },
        matchConditions: [{ expression: "!request.user.startsWith('system:')" }],
      },
    },
  ]);
}

function authorization(authorizers: readonly object[]): string {
  return document({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers });
}

/** One line for each finished request, with its URI (a dry run shows there as `dryRun=All`) and without bodies. */
export function auditPolicy(): string {
  return document({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  });
}

function document(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
