import { milliUnits, parseQuantity } from '../quantity.ts';
import { type Fields, fieldsOf, itemsOf, numberOf, textMapOf, textOf } from '../read.ts';
import { knownKubeletFields } from './kubelet-fields.ts';
import { mergeDeep, type NodeConfig, type Parsed } from './node-config.ts';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What the kubelet of an instance runs with, after nodeadm's defaults, the user's fields and the user's flags. */
export interface KubeletSettings {
  readonly maxPods: number;
  /** Quantities by resource: cpu, memory, ephemeral-storage, pid. */
  readonly kubeReserved: Readonly<Record<string, string>>;
  readonly systemReserved: Readonly<Record<string, string>>;
  /** Thresholds by signal: `memory.available` → `100Mi` or `5%`. */
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** The whole effective configuration: what `/configz` answers. */
  readonly configz: Fields;
}

export interface KubeletFacts {
  readonly vcpus: number;
  /** By the type's network interfaces: `interfaces × (addresses − 1) + 2`. */
  readonly maxPods: number;
  readonly providerId: string;
  readonly serviceCidr: string;
}

/** nodeadm's rule: 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. In thousandths. */
export function reservedMilliCpu(vcpus: number): number {
  const bands = [
    { from: 0, to: 1, perMille: 60 },
    { from: 1, to: 2, perMille: 10 },
    { from: 2, to: 4, perMille: 5 },
    { from: 4, to: Number.POSITIVE_INFINITY, perMille: 2.5 },
  ];
  return Math.floor(
    bands.reduce((sum, band) => sum + Math.max(0, Math.min(vcpus, band.to) - band.from) * band.perMille, 0),
  );
}

/** nodeadm's rule: 255 MiB and 11 for each pod. */
export function reservedMebibytes(maxPods: number): number {
  return 255 + 11 * maxPods;
}

/** The cluster's DNS service: tenth address of the service CIDR (IPv4). */
export function clusterDns(serviceCidr: string): string {
  const [network = ''] = serviceCidr.split('/');
  return `${network.split('.').slice(0, 3).join('.')}.10`;
}

/** The reason is what kills the kubelet, in its words. */
export function kubeletSettings(config: NodeConfig, facts: KubeletFacts): Parsed<KubeletSettings> {
  const unknown = Object.keys(config.kubelet).find((field) => !knownKubeletFields.has(field));
  if (unknown !== undefined) {
    return refused(`failed to load kubelet config file: strict decoding error: unknown field "${unknown}"`);
  }
  const flags = flagsOf(config.flags);
  if (flags.kind === 'refused') return flags;
  const merged = mergeDeep(defaultsOf(facts), config.kubelet);
  const effective = mergeDeep(merged, overridesOf(flags.value));
  const withFlags = { ...effective, ...replacedMaps(flags.value) };
  const settings: KubeletSettings = {
    maxPods: numberOf(withFlags.maxPods) ?? facts.maxPods,
    kubeReserved: quantitiesOf(withFlags.kubeReserved),
    systemReserved: quantitiesOf(withFlags.systemReserved),
    evictionHard: textMapOf(withFlags.evictionHard),
    labels: flags.value.labels,
    taints: [...itemsOf(withFlags.registerWithTaints).map(taintOf), ...flags.value.taints],
    configz: withFlags,
  };
  const wrong = settingsProblem(settings);
  return wrong === undefined ? { kind: 'ok', value: settings } : refused(wrong);
}

function refused(reason: string): Parsed<never> {
  return { kind: 'refused', reason };
}

function defaultsOf(facts: KubeletFacts): Fields {
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    address: '0.0.0.0',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '2m0s' } },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'systemd',
    cgroupRoot: '/',
    clusterDNS: [clusterDns(facts.serviceCidr)],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%' },
    featureGates: { RotateKubeletServerCertificate: true, DynamicResourceAllocation: true },
    hairpinMode: 'hairpin-veth',
    kubeReserved: {
      cpu: `${reservedMilliCpu(facts.vcpus)}m`,
      'ephemeral-storage': '1Gi',
      memory: `${reservedMebibytes(facts.maxPods)}Mi`,
    },
    kubeReservedCgroup: '/runtime',
    logging: { verbosity: 2 },
    maxPods: facts.maxPods,
    protectKernelDefaults: true,
    providerID: facts.providerId,
    readOnlyPort: 0,
    serializeImagePulls: false,
    serverTLSBootstrap: true,
    systemReservedCgroup: '/system',
  };
}

interface Flags {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly values: Readonly<Record<string, string>>;
}

const knownFlags = new Set(
  `node-labels register-with-taints kube-reserved system-reserved eviction-hard max-pods v cloud-provider hostname-override
  node-ip feature-gates eviction-soft eviction-soft-grace-period allowed-unsafe-sysctls cpu-manager-policy topology-manager-policy
  container-log-max-size container-log-max-files image-gc-high-threshold image-gc-low-threshold registry-qps registry-burst
  serialize-image-pulls max-parallel-image-pulls pod-max-pids protect-kernel-defaults root-dir cluster-dns cluster-domain
  kube-reserved-cgroup system-reserved-cgroup system-reserved-cgroups event-qps event-burst reserved-cpus config-dir`.split(
    /\s+/,
  ),
);

function flagsOf(flags: readonly string[]): Parsed<Flags> {
  const labels: Record<string, string> = {};
  const taints: Taint[] = [];
  const values: Record<string, string> = {};
  for (const flag of flags.flatMap((line) => line.trim().split(/\s+(?=--)/))) {
    const match = /^--?([a-z-]+)(?:[= ]([^]*))?$/.exec(flag);
    const name = match?.[1] ?? '';
    if (!knownFlags.has(name)) return refused(`failed to parse kubelet flag: unknown flag: ${flag.split('=')[0]}`);
    const value = (match?.[2] ?? '').replace(/^(['"])([^]*)\1$/, '$2');
    if (name === 'node-labels') Object.assign(labels, pairsOf(value, '='));
    else if (name === 'register-with-taints') taints.push(...value.split(',').filter(Boolean).map(parseTaint));
    else values[name] = value;
  }
  return { kind: 'ok', value: { labels, taints, values } };
}

function pairsOf(text: string, separator: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => splitAt(pair.trim(), separator)));
}

function splitAt(pair: string, separator: string): [string, string] {
  const position = pair.indexOf(separator);
  return position < 0 ? [pair, ''] : [pair.slice(0, position), pair.slice(position + separator.length)];
}

/** `key=value:Effect`, `key:Effect`. */
export function parseTaint(text: string): Taint {
  const [head, effect] = splitAt(text.trim(), ':');
  const [key, value] = splitAt(head, '=');
  return { key, effect, ...(value === '' ? {} : { value }) };
}

function taintOf(value: unknown): Taint {
  const fields = fieldsOf(value);
  const text = textOf(fields.value);
  return {
    key: textOf(fields.key) ?? '',
    effect: textOf(fields.effect) ?? '',
    ...(text === undefined ? {} : { value: text }),
  };
}

function overridesOf(flags: Flags): Fields {
  const maxPods = numberOf(flags.values['max-pods']);
  return maxPods === undefined ? {} : { maxPods };
}

/** A map given as a flag replaces the whole map of the file. */
function replacedMaps(flags: Flags): Fields {
  const kube = flags.values['kube-reserved'];
  const system = flags.values['system-reserved'];
  const eviction = flags.values['eviction-hard'];
  return {
    ...(kube === undefined ? {} : { kubeReserved: pairsOf(kube, '=') }),
    ...(system === undefined ? {} : { systemReserved: pairsOf(system, '=') }),
    ...(eviction === undefined ? {} : { evictionHard: pairsOf(eviction, '<') }),
  };
}

function quantitiesOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([name, quantity]) => [name, String(quantity)]));
}

const evictionSignals = new Set([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'containerfs.available',
  'containerfs.inodesFree',
  'pid.available',
]);
const reservable = new Set(['cpu', 'memory', 'ephemeral-storage', 'pid']);
const taintEffects = new Set(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);

function settingsProblem(settings: KubeletSettings): string | undefined {
  return (
    reserveProblem('kubeReserved', settings.kubeReserved) ??
    reserveProblem('systemReserved', settings.systemReserved) ??
    evictionProblem(settings.evictionHard) ??
    labelProblem(settings.labels) ??
    taintProblem(settings.taints) ??
    (settings.maxPods < 1 ? `invalid configuration: maxPods ${settings.maxPods} must be greater than 0` : undefined)
  );
}

function reserveProblem(field: string, reserves: Readonly<Record<string, string>>): string | undefined {
  for (const [resource, quantity] of Object.entries(reserves)) {
    if (!reservable.has(resource)) return `${field}: cannot reserve "${resource}" resource`;
    const value = resource === 'cpu' ? milliUnits(quantity) : parseQuantity(quantity);
    if (value === undefined || value < 0)
      return `${field}.${resource}: quantities must match the regular expression, got "${quantity}"`;
  }
  return undefined;
}

function evictionProblem(thresholds: Readonly<Record<string, string>>): string | undefined {
  for (const [signal, threshold] of Object.entries(thresholds)) {
    if (!evictionSignals.has(signal)) return `evictionHard: unknown eviction signal "${signal}"`;
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(threshold);
    const value = percent === null ? parseQuantity(threshold) : Number(percent[1]);
    if (value === undefined || value < 0 || (percent !== null && value > 100)) {
      return `evictionHard.${signal}: invalid threshold "${threshold}"`;
    }
  }
  return undefined;
}

const allowedKubernetesLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
]);
const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const labelName = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

function labelProblem(labels: Readonly<Record<string, string>>): string | undefined {
  for (const [key, value] of Object.entries(labels)) {
    const [prefix, name] = key.includes('/') ? splitAt(key, '/') : ['', key];
    if (!labelName.test(name) || !labelValue.test(value))
      return `invalid node label "${key}=${value}" in --node-labels`;
    if (isReservedPrefix(prefix) && !allowedKubernetesLabels.has(key)) {
      return `unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${key}]`;
    }
  }
  return undefined;
}

/** `kubelet.kubernetes.io` and `node.kubernetes.io` are the kubelet's own to set. */
function isReservedPrefix(prefix: string): boolean {
  if (/(?:^|\.)(?:kubelet|node)\.kubernetes\.io$/.test(prefix)) return false;
  return /(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix);
}

function taintProblem(taints: readonly Taint[]): string | undefined {
  const wrong = taints.find((taint) => taint.key === '' || !taintEffects.has(taint.effect));
  return wrong === undefined ? undefined : `invalid taint "${wrong.key}=${wrong.value ?? ''}:${wrong.effect}"`;
}
