import { describe, expect, test } from 'vitest';
import {
  type KubeletFacts,
  kubeletSettings,
  parseTaint,
  reservedMebibytes,
  reservedMilliCpu,
} from './kubelet-config.ts';
import { mergeNodeConfigs, type NodeConfig } from './node-config.ts';

const facts: KubeletFacts = { vcpus: 2, maxPods: 29, providerId: 'aws:///a/i-1', serviceCidr: '172.20.0.0/16' };

function configWith(kubelet: Record<string, unknown>, flags: readonly string[] = []): NodeConfig {
  return { ...mergeNodeConfigs([]), kubelet, flags };
}

function settingsOf(kubelet: Record<string, unknown>, flags: readonly string[] = []) {
  const parsed = kubeletSettings(configWith(kubelet, flags), facts);
  if (parsed.kind === 'refused') throw new Error(parsed.reason);
  return parsed.value;
}

test.each([
  [1, 60],
  [2, 70],
  [4, 80],
  [8, 90],
  [16, 110],
  [48, 190],
])('of %i cores nodeadm keeps %i thousandths', (vcpus, milli) => {
  expect(reservedMilliCpu(vcpus)).toBe(milli);
});

test('memory is kept by the number of pods', () => {
  expect([reservedMebibytes(29), reservedMebibytes(110)]).toEqual([574, 1465]);
});

describe('settings', () => {
  test('the defaults are nodeadm’s', () => {
    const settings = settingsOf({});
    expect(settings.maxPods).toBe(29);
    expect(settings.kubeReserved).toEqual({ cpu: '70m', memory: '574Mi', 'ephemeral-storage': '1Gi' });
    expect(settings.systemReserved).toEqual({});
    expect(settings.evictionHard).toEqual({
      'memory.available': '100Mi',
      'nodefs.available': '10%',
      'nodefs.inodesFree': '5%',
    });
    expect(settings.configz.clusterDNS).toEqual(['172.20.0.10']);
  });

  test('the user’s fields override key by key', () => {
    const settings = settingsOf({
      kubeReserved: { cpu: '250m', memory: '1Gi' },
      evictionHard: { 'memory.available': '1Gi' },
      maxPods: 20,
    });
    expect(settings.kubeReserved).toEqual({ cpu: '250m', memory: '1Gi', 'ephemeral-storage': '1Gi' });
    expect(settings.evictionHard['memory.available']).toBe('1Gi');
    expect(settings.evictionHard['nodefs.available']).toBe('10%');
    expect(settings.maxPods).toBe(20);
  });

  test('seed 003’s flags say the same as its fields, and replace whole maps', () => {
    const settings = settingsOf({}, [
      '--kube-reserved=cpu=250m,memory=1Gi,ephemeral-storage=1Gi',
      '--system-reserved=cpu=250m,memory=0.2Gi,ephemeral-storage=1Gi',
      "--eviction-hard='memory.available<1Gi,nodefs.available<10%'",
      '--node-labels=lifecycle=Ec2OnDemand,az=1c,nodeType=systemNode',
      '--register-with-taints=CriticalAddonsOnly=true:NoSchedule,spot:PreferNoSchedule',
    ]);
    expect(settings.kubeReserved).toEqual({ cpu: '250m', memory: '1Gi', 'ephemeral-storage': '1Gi' });
    expect(settings.systemReserved).toEqual({ cpu: '250m', memory: '0.2Gi', 'ephemeral-storage': '1Gi' });
    expect(settings.evictionHard).toEqual({ 'memory.available': '1Gi', 'nodefs.available': '10%' });
    expect(settings.labels).toEqual({ lifecycle: 'Ec2OnDemand', az: '1c', nodeType: 'systemNode' });
    expect(settings.taints).toEqual([
      { key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' },
      { key: 'spot', effect: 'PreferNoSchedule' },
    ]);
  });

  test('labels given twice merge, the later wins', () => {
    expect(settingsOf({}, ['--node-labels=a=1,b=1', '--node-labels=b=2']).labels).toEqual({ a: '1', b: '2' });
  });

  test.each<[string, Record<string, unknown>, readonly string[], string]>([
    ['an unknown field', { kubeReserve: {} }, [], 'unknown field "kubeReserve"'],
    ['an unknown flag', {}, ['--nodelabels=a=b'], 'unknown flag: --nodelabels'],
    ['an unknown resource', { kubeReserved: { disk: '1Gi' } }, [], 'cannot reserve "disk"'],
    ['a quantity that is none', { systemReserved: { memory: '1 Gi' } }, [], 'systemReserved.memory'],
    ['an unknown signal', { evictionHard: { 'disk.available': '1Gi' } }, [], 'unknown eviction signal'],
    ['a threshold that is none', { evictionHard: { 'memory.available': 'much' } }, [], 'invalid threshold'],
    ['more than everything', { evictionHard: { 'memory.available': '120%' } }, [], 'invalid threshold'],
    ['a label in a reserved domain', {}, ['--node-labels=node-role.kubernetes.io/app=x'], "unknown 'kubernetes.io'"],
    ['a label value that is none', {}, ['--node-labels=a=b c'], 'invalid node label'],
    ['a taint without effect', {}, ['--register-with-taints=a=b'], 'invalid taint'],
    ['no pods', { maxPods: 0 }, [], 'maxPods'],
  ])('%s kills the kubelet', (_, kubelet, flags, reason) => {
    const parsed = kubeletSettings(configWith(kubelet, flags), facts);
    expect(parsed.kind === 'refused' ? parsed.reason : parsed).toContain(reason);
  });

  test('labels that the kubelet may set are taken', () => {
    expect(
      settingsOf({}, ['--node-labels=topology.kubernetes.io/zone=a,node.kubernetes.io/lifecycle=spot']).labels,
    ).toHaveProperty('node.kubernetes.io/lifecycle');
  });
});

test.each([
  ['a=b:NoSchedule', { key: 'a', value: 'b', effect: 'NoSchedule' }],
  ['a:NoExecute', { key: 'a', effect: 'NoExecute' }],
])('the taint %s is read', (text, taint) => {
  expect(parseTaint(text)).toEqual(taint);
});
