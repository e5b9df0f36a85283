import { join } from 'node:path';
import type { SandboxState } from './state.ts';

/** Variables by name; `null` means that it must not be set. */
export type SandboxEnvironment = Readonly<Record<string, string | null>>;

/**
 * The variables that put the sandbox in the place of AWS, for a shell that has `current`: keys, region, endpoint,
 * profile files, kubeconfig and kubectl's cache of the sandbox's own, no instance metadata; every other variable of
 * AWS's that `current` has is taken away, and with them a store of real clusters and whatever would lead kubectl or helm
 * to a real one (in a pod, kubectl without a kubeconfig speaks to the cluster of the pod).
 */
export function sandboxEnvironment(
  state: SandboxState,
  current: Readonly<Record<string, string | undefined>>,
): SandboxEnvironment {
  const [identity] = state.identities;
  if (identity === undefined) throw new Error('The sandbox has no identity.');
  const noProxy = ['127.0.0.1', 'localhost', ...listOf(current['NO_PROXY'] ?? current['no_proxy'])].join(',');
  const ours: Record<string, string> = {
    AWS_ENDPOINT_URL: state.url,
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    AWS_REGION: state.region,
    AWS_DEFAULT_REGION: state.region,
    AWS_CONFIG_FILE: join(state.directory, 'aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(state.directory, 'aws', 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_STS_REGIONAL_ENDPOINTS: 'regional',
    KUBECONFIG: join(state.directory, 'kubeconfig'),
    KUBECACHEDIR: join(state.directory, 'kube-cache'),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    PATH: withFirst(state.bin, current['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'),
    ROADSTEAD_POLL_FACTOR: String(state.factor),
    ROADSTEAD_STATE: join(state.directory, 'state'),
  };
  const foreign = Object.keys(current).filter((name) => leadsElsewhere.test(name) && !(name in ours));
  return { ...ours, ...Object.fromEntries(foreign.map((name) => [name, null])) };
}

/** Nothing that is not a name: the lines are for a shell to evaluate. */
const leadsElsewhere = /^(AWS_\w+|AMAZON_\w+|KUBERNETES_(MASTER|SERVICE_\w+)|HELM_KUBE\w+|DATABASE_URL)$/;

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '127.0.0.1' && part !== 'localhost');
}

/** PATH with a folder first, once. */
function withFirst(folder: string, path: string): string {
  return [folder, ...path.split(':').filter((part) => part !== folder)].join(':');
}

/** AWS's two profile files: `default` and one profile for each account, named by its number. */
export function profileFiles(state: Pick<SandboxState, 'identities' | 'region'>): {
  readonly config: string;
  readonly credentials: string;
} {
  const profiles = state.identities.flatMap((identity, index) => {
    const names = index === 0 ? ['default', identity.account] : [identity.account];
    return names.map((name) => ({ name, identity }));
  });
  return {
    config: profiles
      .map(({ name }) => `[${name === 'default' ? name : `profile ${name}`}]\nregion = ${state.region}\n`)
      .join('\n'),
    credentials: profiles
      .map(
        ({ name, identity }) =>
          `[${name}]\naws_access_key_id = ${identity.accessKeyId}\naws_secret_access_key = ${identity.secretAccessKey}\n`,
      )
      .join('\n'),
  };
}

/** Lines for a shell to evaluate. */
export function shellLines(environment: SandboxEnvironment): string {
  return Object.entries(environment)
    .map(([name, value]) => (value === null ? `unset ${name}` : `export ${name}='${value.replaceAll("'", `'\\''`)}'`))
    .join('\n');
}
