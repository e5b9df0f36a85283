import type { AwsCredentials } from './clients.ts';

/**
 * The SDK's default chain as a source: environment, profile, single sign-on, container, instance. Loaded when first asked,
 * and asked again five minutes before what it gave expires.
 */
export function defaultCredentials(): () => Promise<AwsCredentials> {
  let held: Promise<AwsCredentials> | undefined;
  return async () => {
    const current = await held;
    if (current !== undefined && !isStale(current)) return current;
    const fresh = ask();
    held = fresh.catch(() => undefined as never);
    return fresh;
  };
}

async function ask(): Promise<AwsCredentials> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await fromNodeProviderChain()();
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}

function isStale({ expiration }: AwsCredentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < 300_000;
}
