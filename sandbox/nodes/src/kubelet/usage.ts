import type { Pod } from '../kube/objects.ts';
import type { NodeSize } from '../node/capacity.ts';
import { milliUnits, wholeUnits } from '../quantity.ts';

export interface Usage {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

export interface PodUsage extends Usage {
  readonly containers: readonly (Usage & { readonly name: string })[];
}

/** Nothing runs, so nothing is used: a running container counts as a tenth of its CPU request and half of its memory request. */
export function podUsage(pod: Pod): PodUsage {
  const running = new Set(
    (pod.status?.containerStatuses ?? []).filter(({ state }) => 'running' in state).map(({ name }) => name),
  );
  const containers = pod.spec.containers
    .filter(({ name }) => running.has(name))
    .map(({ name, resources }) => ({
      name,
      milliCpu: Math.max(1, Math.round((milliUnits(resources?.requests?.cpu ?? '0') ?? 0) / 10)),
      memoryBytes: Math.max(8 * 2 ** 20, Math.round((wholeUnits(resources?.requests?.memory ?? '0') ?? 0) / 2)),
    }));
  return { containers, ...sum(containers) };
}

/** The pods' usage and what the system itself takes: a twentieth of the machine's CPU, an eighth of its memory. */
export function nodeUsage(pods: readonly Pod[], capacity: NodeSize): Usage {
  const used = sum(pods.map(podUsage));
  return {
    milliCpu: used.milliCpu + Math.round(capacity.milliCpu / 20),
    memoryBytes: Math.min(capacity.memoryBytes, used.memoryBytes + Math.round(capacity.memoryBytes / 8)),
  };
}

function sum(usages: readonly Usage[]): Usage {
  return usages.reduce<Usage>(
    (total, one) => ({ milliCpu: total.milliCpu + one.milliCpu, memoryBytes: total.memoryBytes + one.memoryBytes }),
    { milliCpu: 0, memoryBytes: 0 },
  );
}
