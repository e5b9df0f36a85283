import { describe, expect, test } from 'vitest';
import { mergeNodeConfigs, parseNodeConfig, readNodeConfig } from './node-config.ts';

const head = 'apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n';
const cluster =
  'spec:\n  cluster: {name: shop, apiServerEndpoint: "https://a", certificateAuthority: QUJD, cidr: 172.20.0.0/16}\n';

function valueOf(text: string) {
  const parsed = parseNodeConfig(text);
  if (parsed.kind === 'refused') throw new Error(parsed.reason);
  return parsed.value;
}

describe('parsing', () => {
  test('a whole document', () => {
    const text = `${head}${cluster}  kubelet:\n    config: {maxPods: 20}\n    flags: [--node-labels=a=b]\n  instance: {localStorage: {strategy: RAID0}}\n  featureGates: {InstanceIdNodeName: true}\n`;
    expect(valueOf(text)).toEqual({
      cluster: { name: 'shop', apiServerEndpoint: 'https://a', certificateAuthority: 'QUJD', cidr: '172.20.0.0/16' },
      kubelet: { maxPods: 20 },
      flags: ['--node-labels=a=b'],
      localStorage: { strategy: 'RAID0' },
      featureGates: { InstanceIdNodeName: true },
    });
  });

  test.each([
    ['broken YAML', `${head}spec: {`, 'yaml'],
    ['another kind', 'apiVersion: node.eks.aws/v1alpha1\nkind: Node\n', 'no kind "Node"'],
    ['another version', 'apiVersion: node.eks.aws/v1\nkind: NodeConfig\n', 'node.eks.aws/v1"'],
    ['no object', 'hello', 'not an object'],
    ['an unknown field', `${head}spec: {clusters: {}}`, 'unknown field "spec.clusters"'],
    ['an unknown field deeper', `${head}spec: {cluster: {endpoint: x}}`, 'unknown field "spec.cluster.endpoint"'],
    ['a field at the root', `${head}cluster: {}`, 'unknown field "cluster"'],
    [
      'a strategy that is none',
      `${head}spec: {instance: {localStorage: {strategy: RAID5}}}`,
      'one of RAID0, RAID10, Mount',
    ],
    ['flags that are no list', `${head}spec: {kubelet: {flags: --v=2}}`, 'spec.kubelet.flags must be a list'],
    ['a number for a text', `${head}spec: {cluster: {name: 5}}`, 'spec.cluster.name must be a string'],
  ])('%s is refused', (_, text, reason) => {
    const parsed = parseNodeConfig(text);
    expect(parsed.kind === 'refused' ? parsed.reason : parsed).toContain(reason);
  });
});

describe('merging', () => {
  const one = valueOf(
    `${head}${cluster}  kubelet: {config: {kubeReserved: {cpu: 1m, memory: 1Mi}, maxPods: 5}, flags: [--v=1]}\n`,
  );
  const two = valueOf(
    `${head}spec: {cluster: {name: other}, kubelet: {config: {kubeReserved: {cpu: 2m}, clusterDNS: [a]}, flags: [--v=2]}}\n`,
  );

  test('later documents win field by field, configs merge deeply, flags are appended', () => {
    const merged = mergeNodeConfigs([one, two]);
    expect(merged.cluster).toMatchObject({ name: 'other', cidr: '172.20.0.0/16' });
    expect(merged.kubelet).toEqual({ kubeReserved: { cpu: '2m', memory: '1Mi' }, maxPods: 5, clusterDNS: ['a'] });
    expect(merged.flags).toEqual(['--v=1', '--v=2']);
  });

  test('the order matters', () => {
    expect(mergeNodeConfigs([two, one]).cluster.name).toBe('shop');
  });

  test.each([
    ['name', 'Name is missing'],
    ['apiServerEndpoint', 'Apiserver endpoint is missing'],
    ['certificateAuthority', 'Certificate authority is missing'],
    ['cidr', 'CIDR is missing'],
  ])('without %s nothing joins', (field, reason) => {
    const text = `${head}${cluster.replace(new RegExp(`${field}: ("[^"]*"|[^,}]*),? ?`), '')}`;
    const read = readNodeConfig([text]);
    expect(read.kind === 'refused' ? read.reason : read).toContain(reason);
  });
});
