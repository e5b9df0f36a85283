import { readFile, writeFile } from 'node:fs/promises';
import { auditPolicy, authenticationConfig, authorizationConfig, kubeconfigOf, type Webhook } from './config-files.ts';
import { type Layout, webhookCacheTtl } from './flags.ts';
import type { Pki } from './pki.ts';
import { freePort, isFree } from './ports.ts';

export interface Webhooks {
  readonly tokenWebhook?: Webhook;
  readonly authorizationWebhook?: Webhook;
}

/** The port of the last start if it is still free, because kubeconfigs name it. */
export async function choosePort(layout: Layout): Promise<number> {
  const path = `${layout.config}/port`;
  const last = Number(await readFile(path, 'utf8').catch(() => '0'));
  const port = last > 0 && (await isFree(last)) ? last : await freePort();
  await writeFile(path, String(port));
  return port;
}

/** Writes all that the flags of `flagsOf` point to, but for the keys. */
export async function writeConfig(layout: Layout, pki: Pki, port: number, webhooks: Webhooks): Promise<void> {
  const { config } = layout;
  const endpoint = `https://127.0.0.1:${port}`;
  const { certPem: caPem } = pki.authority;
  const { tokenWebhook, authorizationWebhook } = webhooks;
  const authorizationPath = `${config}/authorization-webhook.kubeconfig`;
  const authorization = authorizationWebhook && { kubeconfigPath: authorizationPath, cacheTtl: webhookCacheTtl };
  const files: (readonly [string, string])[] = [
    [`${config}/admin.kubeconfig`, kubeconfigOf(endpoint, caPem, pki.admin)],
    [`${config}/controller-manager.kubeconfig`, kubeconfigOf(endpoint, caPem, pki.controllerManager)],
    [`${config}/scheduler.kubeconfig`, kubeconfigOf(endpoint, caPem, pki.scheduler)],
    [`${config}/authentication.yaml`, authenticationConfig()],
    [`${config}/authorization.yaml`, authorizationConfig(authorization)],
    [`${config}/audit-policy.yaml`, auditPolicy()],
  ];
  if (tokenWebhook !== undefined) {
    files.push([`${config}/token-webhook.kubeconfig`, kubeconfigOf(tokenWebhook.url, tokenWebhook.caPem)]);
  }
  if (authorizationWebhook !== undefined) {
    files.push([authorizationPath, kubeconfigOf(authorizationWebhook.url, authorizationWebhook.caPem)]);
  }
  await Promise.all(files.map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
}
