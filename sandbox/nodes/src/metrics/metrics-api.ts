import type { Pod } from '../kube/objects.ts';
import { nodeUsage, podUsage, type Usage } from '../kubelet/usage.ts';
import type { NodeSize } from '../node/capacity.ts';
import { isoSeconds } from '../pod/container-machine.ts';
import { fitsSelector } from './label-selector.ts';

export const metricsGroup = 'metrics.k8s.io';
const apiVersion = `${metricsGroup}/v1beta1`;
const root = `/apis/${apiVersion}`;

/** What the metrics are made from. */
export interface MetricsSources {
  readonly nodes: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly capacity: NodeSize;
  }[];
  readonly pods: readonly Pod[];
  readonly now: number;
}

/** The answer of `metrics.k8s.io/v1beta1` to a path with its query; `undefined`: there is nothing. Pure. */
export function answerMetrics(path: string, query: URLSearchParams, sources: MetricsSources): object | undefined {
  if (path === root) return resources;
  if (!path.startsWith(`${root}/`)) return undefined;
  const parts = path.slice(root.length + 1).split('/');
  const selector = query.get('labelSelector') ?? '';
  if (parts[0] === 'nodes') return answerNodes(parts[1], selector, sources);
  if (parts[0] === 'pods') return list('PodMetricsList', podMetrics(sources, undefined, selector));
  if (parts[0] !== 'namespaces' || parts[2] !== 'pods') return undefined;
  const found = podMetrics(sources, parts[1], selector);
  return parts[3] === undefined
    ? list('PodMetricsList', found)
    : found.find(({ metadata }) => metadata.name === parts[3]);
}

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: apiVersion,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

interface Metric {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
}

function answerNodes(name: string | undefined, selector: string, sources: MetricsSources): object | undefined {
  const found = sources.nodes
    .filter((node) => fitsSelector(selector, node.labels))
    .map((node) => {
      const pods = sources.pods.filter((pod) => pod.spec.nodeName === node.name);
      const usage = quantities(nodeUsage(pods, node.capacity));
      return {
        kind: 'NodeMetrics',
        apiVersion,
        metadata: { name: node.name, labels: node.labels },
        ...window(sources.now),
        usage,
      };
    });
  return name === undefined ? list('NodeMetricsList', found) : found.find(({ metadata }) => metadata.name === name);
}

function podMetrics(sources: MetricsSources, namespace: string | undefined, selector: string): readonly Metric[] {
  return sources.pods
    .filter(
      ({ metadata, status }) =>
        status?.phase === 'Running' && (namespace === undefined || metadata.namespace === namespace),
    )
    .filter(({ metadata }) => fitsSelector(selector, metadata.labels ?? {}))
    .map((pod) => ({
      kind: 'PodMetrics',
      apiVersion,
      metadata: {
        name: pod.metadata.name,
        ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
        labels: pod.metadata.labels ?? {},
      },
      ...window(sources.now),
      containers: podUsage(pod).containers.map((container) => ({ name: container.name, usage: quantities(container) })),
    }));
}

function list(kind: string, items: readonly Metric[]): object {
  return { kind, apiVersion, metadata: {}, items };
}

function window(now: number): object {
  return { timestamp: isoSeconds(now), window: '15s' };
}

function quantities(usage: Usage): Readonly<Record<string, string>> {
  return { cpu: `${usage.milliCpu}m`, memory: `${Math.round(usage.memoryBytes / 1024)}Ki` };
}
