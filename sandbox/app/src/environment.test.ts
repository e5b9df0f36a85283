import { describe, expect, it } from 'vitest';
import { profileFiles, sandboxEnvironment, shellLines } from './environment.ts';
import type { SandboxState } from './state.ts';

const identity = (account: string) => ({
  account,
  userArn: `arn:aws:iam::${account}:user/admin`,
  accessKeyId: `AKIA${account}`,
  secretAccessKey: `secret${account}`,
  roleArn: `arn:aws:iam::${account}:role/admin`,
});

const state: SandboxState = {
  url: 'http://127.0.0.1:4000',
  controlToken: 't',
  pid: 1,
  startedAt: '2026-11-21T12:00:00.000Z',
  directory: '/sandbox',
  region: 'eu-central-1',
  factor: 60,
  identities: [identity('123456789012'), identity('210987654321')],
  bin: '/sandbox/bin',
  kubectl: '/sandbox/bin/kubectl',
  aws: '/sandbox/bin/aws',
  versions: {},
};

describe('the environment of a sandbox', () => {
  it('replaces keys, endpoint, region, profile files and kubeconfig', () => {
    expect(sandboxEnvironment(state, { PATH: '/usr/bin' })).toEqual({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4000',
      AWS_ACCESS_KEY_ID: 'AKIA123456789012',
      AWS_SECRET_ACCESS_KEY: 'secret123456789012',
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_CONFIG_FILE: '/sandbox/aws/config',
      AWS_SHARED_CREDENTIALS_FILE: '/sandbox/aws/credentials',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_STS_REGIONAL_ENDPOINTS: 'regional',
      KUBECONFIG: '/sandbox/kubeconfig',
      KUBECACHEDIR: '/sandbox/kube-cache',
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
      PATH: '/sandbox/bin:/usr/bin',
      ROADSTEAD_POLL_FACTOR: '60',
      ROADSTEAD_STATE: '/sandbox/state',
    });
  });

  it.each([
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_SESSION_TOKEN',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CA_BUNDLE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_ENDPOINT_URL_EKS',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    'AWS_USE_FIPS_ENDPOINT',
    'DATABASE_URL',
    'KUBERNETES_MASTER',
    'KUBERNETES_SERVICE_HOST',
    'KUBERNETES_SERVICE_PORT',
    'HELM_KUBECONTEXT',
    'HELM_KUBETOKEN',
  ])('takes away %s, which would lead elsewhere', (name) => {
    expect(sandboxEnvironment(state, { [name]: 'x' })[name]).toBeNull();
  });

  it('has no line for what is no name: a shell evaluates it', () => {
    const current = { 'AWS_X; touch /tmp/x': '1', 'AWS_Y$(id)': '1', HOME: '/h' };
    expect(shellLines(sandboxEnvironment(state, current))).not.toMatch(/touch|id\)|HOME/);
  });

  it('keeps what the user excluded from proxies, and comes first on PATH once', () => {
    const current = { PATH: '/a:/sandbox/bin:/b', NO_PROXY: 'corp.example,localhost' };
    expect(sandboxEnvironment(state, current)).toMatchObject({
      PATH: '/sandbox/bin:/a:/b',
      NO_PROXY: '127.0.0.1,localhost,corp.example',
    });
  });

  it('is printed so that a shell can evaluate it', () => {
    expect(shellLines({ A: "it's $HOME", B: null })).toBe("export A='it'\\''s $HOME'\nunset B");
  });

  it('has a profile for each account', () => {
    const { config, credentials } = profileFiles(state);
    expect(config).toContain('[default]\nregion = eu-central-1\n');
    expect(config).toContain('[profile 210987654321]');
    expect(credentials).toContain('[default]\naws_access_key_id = AKIA123456789012\n');
    expect(credentials).toContain('[210987654321]\naws_access_key_id = AKIA210987654321\n');
  });
});
