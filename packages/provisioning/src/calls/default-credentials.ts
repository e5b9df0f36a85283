import type { ProxySettings, RoadsteadError } from '@roadstead/foundation';
import type { AwsCredentials } from './clients.ts';
import { requestHandlerOf } from './request-handler.ts';

export interface DefaultCredentialsOptions {
  /** Where a profile that names no region assumes its role; absent: what the environment says. */
  readonly region?: string;
  readonly endpoint?: string;
  /** For single sign-on and for assuming roles; what an instance or a container is told never goes by one. */
  readonly proxy?: ProxySettings;
}

/**
 * The SDK's default chain as a source: environment, profile, single sign-on, container, instance. Loaded when first asked,
 * and asked again five minutes before what it gave expires.
 */
export function defaultCredentials(options: DefaultCredentialsOptions = {}): () => Promise<AwsCredentials> {
  let held: AwsCredentials | undefined;
  let asking: Promise<AwsCredentials> | undefined;
  return async () => {
    if (held !== undefined && !isStale(held)) return held;
    asking ??= ask(options).finally(() => {
      asking = undefined;
    });
    held = await asking;
    return held;
  };
}

async function ask({ region, ...reach }: DefaultCredentialsOptions): Promise<AwsCredentials> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  let failure: RoadsteadError | undefined;
  const requestHandler = requestHandlerOf({
    ...reach,
    requestTimeoutMs: 20_000,
    onProxyFailure: (error) => {
      failure = error;
    },
  });
  const chain = fromNodeProviderChain({
    clientConfig: { requestHandler },
    ...(region === undefined ? {} : { parentClientConfig: { region: async () => region } }),
  });
  // The chain says that there are no credentials, whatever kept it from them.
  const found = await chain().catch((error: unknown) => Promise.reject(failure ?? error));
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = found;
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
