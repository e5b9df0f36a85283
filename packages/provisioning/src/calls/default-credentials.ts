import type { AwsCredentials } from './clients.ts';

/**
 * The SDK's own search: environment, profiles, SSO, web identity, container and instance roles, in that order. Loaded and
 * asked when first needed; kept and refreshed by the provider itself.
 */
export function defaultCredentials(): () => Promise<AwsCredentials> {
  let provider: Promise<() => Promise<AwsCredentials>> | undefined;
  return async () => {
    provider ??= import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) => fromNodeProviderChain());
    return (await provider)();
  };
}
