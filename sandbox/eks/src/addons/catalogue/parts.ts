import type { KubeObject } from '../../kube/kube-client.ts';
import { has, type Members, records, within } from '../../shared/read.ts';
import type { ConfigSchema } from '../json-schema.ts';
import type { AddonFacts } from './catalogue-addon.ts';

/** Building blocks of the add-ons' objects and schemas. */

export const namespace = 'kube-system';

const anyObject: ConfigSchema = { type: 'object' };
const textMap: ConfigSchema = { type: 'object', additionalProperties: { type: 'string' } };

/** How pods are placed: what nearly every add-on lets users set. */
export const placementSchema: Readonly<Record<string, ConfigSchema>> = {
  affinity: anyObject,
  nodeSelector: textMap,
  podAnnotations: textMap,
  podLabels: textMap,
  resources: {
    type: 'object',
    additionalProperties: false,
    properties: { limits: anyObject, requests: anyObject },
  },
  tolerations: {
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      properties: {
        key: { type: 'string' },
        operator: { type: 'string', enum: ['Exists', 'Equal'] },
        value: { type: 'string' },
        effect: { type: 'string', enum: ['NoSchedule', 'NoExecute', 'PreferNoSchedule'] },
        tolerationSeconds: { type: 'integer' },
      },
    },
  },
};

export const envSchema: ConfigSchema = textMap;

export function objectSchema(properties: Readonly<Record<string, ConfigSchema>>): ConfigSchema {
  return { type: 'object', additionalProperties: false, properties };
}

/** The image of an add-on in EKS's registry of the region. */
export function image(facts: AddonFacts, repository: string, tag: string = facts.version): string {
  return `602401143452.dkr.ecr.${facts.region}.amazonaws.com/${repository}:${tag}`;
}

export function labels(app: string): Record<string, string> {
  return { 'app.kubernetes.io/name': app, 'app.kubernetes.io/managed-by': 'eks' };
}

export function serviceAccount(name: string, facts?: AddonFacts): KubeObject {
  const roleArn = facts?.serviceAccountRoleArn;
  const annotations = roleArn === undefined ? {} : { annotations: { 'eks.amazonaws.com/role-arn': roleArn } };
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels: labels(name), ...annotations },
  };
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A cluster role and its binding to a service account of kube-system. */
export function clusterAccess(name: string, account: string, rules: readonly Rule[]): readonly KubeObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name, labels: labels(account) };
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  ];
}

export interface Workload {
  readonly name: string;
  readonly app: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly account: string;
  readonly containers: readonly object[];
  readonly initContainers?: readonly object[];
  readonly hostNetwork?: boolean;
  readonly priorityClassName: string;
  /** Used when the configuration sets none. */
  readonly tolerations: readonly object[];
  readonly volumes?: readonly object[];
  /** The values that place this workload. */
  readonly values: Members;
}

export const tolerateAll = [{ operator: 'Exists' }];

function podTemplate(workload: Workload): object {
  const { values } = workload;
  const tolerations = has(values, 'tolerations') ? records(values, 'tolerations') : workload.tolerations;
  const resources = has(values, 'resources') ? { resources: within(values, 'resources') } : {};
  const [first, ...others] = workload.containers;
  return {
    metadata: {
      labels: { ...labels(workload.app), ...workload.selector, ...within(values, 'podLabels') },
      ...(has(values, 'podAnnotations') ? { annotations: within(values, 'podAnnotations') } : {}),
    },
    spec: {
      serviceAccountName: workload.account,
      priorityClassName: workload.priorityClassName,
      ...(workload.hostNetwork === true ? { hostNetwork: true } : {}),
      nodeSelector: { 'kubernetes.io/os': 'linux', ...within(values, 'nodeSelector') },
      ...(has(values, 'affinity') ? { affinity: within(values, 'affinity') } : {}),
      tolerations,
      ...(workload.initContainers === undefined ? {} : { initContainers: workload.initContainers }),
      containers: [{ ...first, ...resources }, ...others],
      ...(workload.volumes === undefined ? {} : { volumes: workload.volumes }),
    },
  };
}

export function daemonSet(workload: Workload): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: workload.name, namespace, labels: { ...labels(workload.app), ...workload.selector } },
    spec: {
      selector: { matchLabels: workload.selector },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: podTemplate(workload),
    },
  };
}

export function deployment(workload: Workload, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: workload.name, namespace, labels: { ...labels(workload.app), ...workload.selector } },
    spec: {
      replicas,
      selector: { matchLabels: workload.selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: podTemplate(workload),
    },
  };
}

export function disruptionBudget(name: string, selector: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels: labels(name) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  };
}

/** Environment variables: the add-on's own, with the user's over them, in a stable order. */
export function env(own: Readonly<Record<string, string>>, values: Members): readonly object[] {
  const merged: Record<string, unknown> = { ...own, ...values };
  return Object.keys(merged)
    .toSorted()
    .map((name) => ({ name, value: String(merged[name]) }));
}
