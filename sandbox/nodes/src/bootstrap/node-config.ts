import { parseDocument } from 'yaml';
import { type Fields, fieldsOf, isFields, itemsOf, textOf } from '../read.ts';

export interface ClusterDetails {
  readonly name?: string;
  readonly apiServerEndpoint?: string;
  /** Base64 of the PEM. */
  readonly certificateAuthority?: string;
  /** The cluster's service CIDR; the address of its DNS comes from it. */
  readonly cidr?: string;
}

export interface LocalStorage {
  readonly strategy?: 'RAID0' | 'RAID10' | 'Mount';
  readonly mountPath?: string;
}

/** A NodeConfig `node.eks.aws/v1alpha1`, as far as it decides anything here. */
export interface NodeConfig {
  readonly cluster: ClusterDetails;
  /** KubeletConfiguration fields of the user. */
  readonly kubelet: Fields;
  /** Command line of the kubelet, all documents appended in order. */
  readonly flags: readonly string[];
  readonly localStorage: LocalStorage;
  readonly featureGates: Readonly<Record<string, boolean>>;
}

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: string };

const emptyConfig: NodeConfig = { cluster: {}, kubelet: {}, flags: [], localStorage: {}, featureGates: {} };

type Shape = { readonly [field: string]: Shape | 'string' | 'boolean' | 'strings' | 'free' | readonly string[] };

/** The fields of v1alpha1; nodeadm itself skips unknown ones, here they are the typing mistakes that they nearly always are. */
const specShape: Shape = {
  cluster: {
    name: 'string',
    apiServerEndpoint: 'string',
    certificateAuthority: 'string',
    cidr: 'string',
    enableOutpost: 'boolean',
    id: 'string',
  },
  containerd: { config: 'string', baseRuntimeSpec: 'free' },
  instance: {
    localStorage: { strategy: ['RAID0', 'RAID10', 'Mount'], mountPath: 'string', disabledMounts: 'strings' },
    environment: 'free',
    network: 'free',
  },
  kubelet: { config: 'free', flags: 'strings', maxPodsExpression: 'string' },
  featureGates: 'free',
};

/** One document. The reason names the field. */
export function parseNodeConfig(text: string): Parsed<NodeConfig> {
  const document = parseDocument(text, { prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) return refused(`error converting YAML to JSON: yaml: ${syntax.message}`);
  const root: unknown = document.toJS();
  if (!isFields(root)) return refused('NodeConfig is not an object');
  if (root.kind !== 'NodeConfig') return refused(`no kind "${String(root.kind ?? '')}" is registered for node.eks.aws`);
  if (root.apiVersion !== 'node.eks.aws/v1alpha1') {
    return refused(`no kind "NodeConfig" is registered for version "${String(root.apiVersion ?? '')}"`);
  }
  const extra = Object.keys(root).find((key) => !['apiVersion', 'kind', 'metadata', 'spec'].includes(key));
  if (extra !== undefined) return refused(`unknown field "${extra}"`);
  const wrong = shapeProblem(root.spec ?? {}, specShape, 'spec');
  return wrong === undefined ? { kind: 'ok', value: configOf(fieldsOf(root.spec)) } : refused(wrong);
}

function refused(reason: string): Parsed<never> {
  return { kind: 'refused', reason };
}

function shapeProblem(value: unknown, shape: Shape[string], path: string): string | undefined {
  if (shape === 'free') return isFields(value) ? undefined : `${path} must be an object`;
  if (shape === 'string') return typeof value === 'string' ? undefined : `${path} must be a string`;
  if (shape === 'boolean') return typeof value === 'boolean' ? undefined : `${path} must be a boolean`;
  if (shape === 'strings') {
    const fits = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return fits ? undefined : `${path} must be a list of strings`;
  }
  if (isChoice(shape)) {
    return typeof value === 'string' && shape.includes(value)
      ? undefined
      : `${path} must be one of ${shape.join(', ')}`;
  }
  if (!isFields(value)) return `${path} must be an object`;
  for (const [field, inner] of Object.entries(value)) {
    const expected = shape[field];
    if (expected === undefined) return `unknown field "${path}.${field}"`;
    const problem = shapeProblem(inner, expected, `${path}.${field}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isChoice(shape: Shape | readonly string[]): shape is readonly string[] {
  return Array.isArray(shape);
}

function configOf(spec: Fields): NodeConfig {
  const kubelet = fieldsOf(spec.kubelet);
  const storage = fieldsOf(fieldsOf(spec.instance).localStorage);
  const gates = Object.entries(fieldsOf(spec.featureGates)).map(([gate, on]) => [gate, on === true] as const);
  return {
    cluster: present(fieldsOf(spec.cluster), ['name', 'apiServerEndpoint', 'certificateAuthority', 'cidr']),
    kubelet: fieldsOf(kubelet.config),
    flags: itemsOf(kubelet.flags).filter((flag) => typeof flag === 'string'),
    localStorage: localStorageOf(storage),
    featureGates: Object.fromEntries(gates),
  };
}

function present(fields: Fields, names: readonly string[]): ClusterDetails {
  const pairs = names.map((name) => [name, textOf(fields[name])] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs);
}

function localStorageOf(storage: Fields): LocalStorage {
  const strategy = storage.strategy;
  const mountPath = textOf(storage.mountPath);
  return {
    ...(strategy === 'RAID0' || strategy === 'RAID10' || strategy === 'Mount' ? { strategy } : {}),
    ...(mountPath === undefined ? {} : { mountPath }),
  };
}

/** Later documents win field by field, kubelet configs merge deeply, flags are appended. */
export function mergeNodeConfigs(configs: readonly NodeConfig[]): NodeConfig {
  return configs.reduce(
    (merged, next) => ({
      cluster: { ...merged.cluster, ...next.cluster },
      kubelet: mergeDeep(merged.kubelet, next.kubelet),
      flags: [...merged.flags, ...next.flags],
      localStorage: { ...merged.localStorage, ...next.localStorage },
      featureGates: { ...merged.featureGates, ...next.featureGates },
    }),
    emptyConfig,
  );
}

/** Objects merge, everything else (lists too) is replaced. */
export function mergeDeep(base: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...base };
  for (const [field, value] of Object.entries(over)) {
    const before = merged[field];
    merged[field] = isFields(before) && isFields(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}

/** All documents of one instance, merged and complete, in nodeadm's words where not. */
export function readNodeConfig(documents: readonly string[]): Parsed<NodeConfig> {
  const configs: NodeConfig[] = [];
  for (const document of documents) {
    const parsed = parseNodeConfig(document);
    if (parsed.kind === 'refused') return parsed;
    configs.push(parsed.value);
  }
  const merged = mergeNodeConfigs(configs);
  const missing = missingOf(merged.cluster);
  return missing === undefined
    ? { kind: 'ok', value: merged }
    : refused(`${missing} is missing in cluster configuration`);
}

function missingOf(cluster: ClusterDetails): string | undefined {
  if (cluster.name === undefined) return 'Name';
  if (cluster.apiServerEndpoint === undefined) return 'Apiserver endpoint';
  if (cluster.certificateAuthority === undefined) return 'Certificate authority';
  return cluster.cidr === undefined ? 'CIDR' : undefined;
}
