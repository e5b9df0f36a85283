import { describe, expect, it } from 'vitest';
import { minorOf, type Server } from './components.ts';
import { auditPolicy, authenticationConfig, authorizationConfig, kubeconfigOf } from './config-files.ts';
import { type FlagInputs, flagsOf, layoutOf } from './flags.ts';
import { apiServerNames, firstAddressOf } from './pki.ts';

const inputs: FlagInputs = {
  layout: layoutOf('/d'),
  port: 6443,
  serviceCidr: '172.20.0.0/16',
  issuerUrl: 'https://issuer.example/id/A',
  clusterName: 'shop',
  tokenWebhook: true,
  emulatedVersion: '1.35',
  extra: { 'kube-apiserver': ['--v=4'] },
};

describe('the flags', () => {
  it.each<[Server, readonly string[]]>([
    ['etcd', ['--data-dir=/d/etcd', '--listen-client-urls=unix://etcd:1', '--listen-peer-urls=unix://etcd:2']],
    [
      'kube-apiserver',
      [
        '--secure-port=6443',
        '--etcd-servers=unix://etcd:1',
        '--service-account-issuer=https://issuer.example/id/A',
        '--service-account-jwks-uri=https://issuer.example/id/A/keys',
        '--authentication-token-webhook-config-file=/d/config/token-webhook.kubeconfig',
        '--emulated-version=1.35',
        '--v=4',
      ],
    ],
    ['kube-controller-manager', ['--kube-api-qps=1000', '--cluster-name=shop', '--emulated-version=1.35']],
    ['kube-scheduler', ['--kubeconfig=/d/config/scheduler.kubeconfig', '--emulated-version=1.35']],
  ])('of %s hold %j', (server, wanted) => {
    expect(flagsOf(server, inputs)).toEqual(expect.arrayContaining([...wanted]));
  });

  it('of upstream binaries name no emulated version, and no webhook where there is none', () => {
    const plain = { ...inputs, emulatedVersion: undefined, tokenWebhook: false };
    const all = (['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const).flatMap((server) =>
      flagsOf(server, plain),
    );
    expect(all.filter((flag) => /emulated|webhook/.test(flag))).toEqual([]);
  });

  it('listen on loopback alone and name no flag twice', () => {
    for (const server of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
      const flags = flagsOf(server, inputs);
      expect(flags.join(' ')).not.toMatch(/0\.0\.0\.0|\[::\]/);
      const names = flags.map((flag) => flag.split('=')[0]);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

it.each([
  ['172.20.0.0/16', '172.20.0.1'],
  ['10.100.0.0/16', '10.100.0.1'],
])('the first address of %s is %s', (cidr, address) => {
  expect(firstAddressOf(cidr)).toBe(address);
  expect(apiServerNames(cidr, ['more.example'])).toEqual(
    expect.arrayContaining([address, '127.0.0.1', 'more.example']),
  );
});

it.each([
  ['v1.36.3', '1.36'],
  ['1.36', '1.36'],
  ['v1.36.3+k3s1', '1.36'],
  ['latest', undefined],
  ['1.3x', undefined],
])('%s is of the minor %s', (version, minor) => {
  expect(minorOf(version)).toBe(minor);
});

describe('the configuration files', () => {
  it('let nobody in unnamed but to the health endpoints', () => {
    const { anonymous } = JSON.parse(authenticationConfig());
    expect(anonymous.conditions).toEqual([{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }]);
  });

  it('ask the webhook last and let its silence decide nothing', () => {
    const types = (text: string) => JSON.parse(text).authorizers.map((authorizer: { type: string }) => authorizer.type);
    expect(types(authorizationConfig(undefined))).toEqual(['Node', 'RBAC']);
    const withWebhook = authorizationConfig({ kubeconfigPath: '/w', cacheTtl: '2s' });
    expect(types(withWebhook)).toEqual(['Node', 'RBAC', 'Webhook']);
    expect(JSON.parse(withWebhook).authorizers[2].webhook.failurePolicy).toBe('NoOpinion');
  });

  it('audit each finished request once, without bodies', () => {
    expect(JSON.parse(auditPolicy())).toMatchObject({
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata' }],
    });
  });

  it('hold certificates inside', () => {
    const config = JSON.parse(kubeconfigOf('https://127.0.0.1:1', 'CA', { certPem: 'C', keyPem: 'K' }));
    expect(config.users[0].user).toEqual({ 'client-certificate-data': 'Qw==', 'client-key-data': 'Sw==' });
    expect(JSON.parse(kubeconfigOf('https://h', 'CA')).users[0].user).toEqual({});
  });
});
