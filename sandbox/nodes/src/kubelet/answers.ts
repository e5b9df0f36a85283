import type { JoinedNode } from '../cluster/node-keeper.ts';
import type { Pod } from '../kube/objects.ts';
import type { Behaviour } from '../pod/behaviour.ts';
import { isoSeconds } from '../pod/container-machine.ts';
import { logLines, renderLog } from '../pod/logs.ts';
import type { PodMemory } from '../pod/pod-machine.ts';
import { numberOf } from '../read.ts';
import type { KubeletAnswers } from './kubelet-server.ts';
import { nodeUsage, podUsage } from './usage.ts';

export interface AnswerSources {
  readonly node: JoinedNode;
  /** Pods bound to the node. */
  pods(): readonly Pod[];
  memoryOf(pod: Pod): PodMemory | undefined;
  behaviour(pod: Pod, container: Pod['spec']['containers'][number], isInit: boolean): Behaviour;
  now(): number;
}

/** What a node's kubelet answers, from what is remembered of its pods. */
export function kubeletAnswers(sources: AnswerSources): KubeletAnswers {
  return {
    configz: () => sources.node.facts.settings.configz,
    logs: (namespace, pod, container, query) => logsOf(sources, { namespace, pod, container, query }),
    statsSummary: () => statsSummary(sources),
    resourceMetrics: () => resourceMetrics(sources),
    pods: () => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: sources.pods() }),
  };
}

interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly query: URLSearchParams;
}

function logsOf(sources: AnswerSources, request: LogRequest): string | undefined {
  const pod = sources
    .pods()
    .find(({ metadata }) => metadata.namespace === request.namespace && metadata.name === request.pod);
  if (pod === undefined) return undefined;
  const main = pod.spec.containers.find(({ name }) => name === request.container);
  const init = pod.spec.initContainers?.find(({ name }) => name === request.container);
  const container = main ?? init;
  const remembered = sources.memoryOf(pod);
  const memory = (main === undefined ? remembered?.init : remembered?.main)?.[request.container];
  if (container === undefined || memory === undefined) return undefined;
  const behaviour = sources.behaviour(pod, container, main === undefined);
  const { query } = request;
  const sinceSeconds = numberOf(query.get('sinceSeconds') ?? undefined);
  return renderLog(logLines(pod, container, memory, behaviour, query.get('previous') === 'true'), {
    tailLines: numberOf(query.get('tailLines') ?? undefined),
    limitBytes: numberOf(query.get('limitBytes') ?? undefined),
    sinceMs: sinceSeconds === undefined ? undefined : sources.now() - sinceSeconds * 1000,
    timestamps: query.get('timestamps') === 'true',
  });
}

function statsSummary(sources: AnswerSources): unknown {
  const time = isoSeconds(sources.now());
  const { facts, name } = sources.node;
  const pods = sources.pods();
  const usage = nodeUsage(pods, facts.capacity);
  return {
    node: {
      nodeName: name,
      startTime: time,
      cpu: { time, usageNanoCores: usage.milliCpu * 1e6 },
      memory: {
        time,
        workingSetBytes: usage.memoryBytes,
        availableBytes: facts.capacity.memoryBytes - usage.memoryBytes,
      },
      fs: {
        time,
        capacityBytes: facts.capacity.ephemeralBytes,
        usedBytes: Math.floor(facts.capacity.ephemeralBytes / 10),
      },
    },
    pods: pods.map((pod) => {
      const used = podUsage(pod);
      const { name: podName, namespace, uid } = pod.metadata;
      return {
        podRef: { name: podName, namespace, uid },
        startTime: pod.status?.startTime ?? time,
        cpu: { time, usageNanoCores: used.milliCpu * 1e6 },
        memory: { time, workingSetBytes: used.memoryBytes },
        containers: used.containers.map((container) => ({
          name: container.name,
          cpu: { time, usageNanoCores: container.milliCpu * 1e6 },
          memory: { time, workingSetBytes: container.memoryBytes },
        })),
      };
    }),
  };
}

function resourceMetrics(sources: AnswerSources): string {
  const at = sources.now();
  const lines = ['# TYPE node_memory_working_set_bytes gauge'];
  lines.push(
    `node_memory_working_set_bytes ${nodeUsage(sources.pods(), sources.node.facts.capacity).memoryBytes} ${at}`,
  );
  lines.push('# TYPE container_memory_working_set_bytes gauge');
  for (const pod of sources.pods()) {
    for (const container of podUsage(pod).containers) {
      const labels = `container="${container.name}",namespace="${pod.metadata.namespace}",pod="${pod.metadata.name}"`;
      lines.push(`container_memory_working_set_bytes{${labels}} ${container.memoryBytes} ${at}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
