import type { Container, Pod } from '../kube/objects.ts';
import { readCommand } from './command.ts';
import { endsByItself } from './images.ts';

/** What a started container does. Seconds are AWS's pace, before the sandbox's factor. */
export type Behaviour =
  | { readonly kind: 'runs'; readonly output: readonly string[] }
  | {
      readonly kind: 'exits';
      readonly code: number;
      readonly afterSeconds: number;
      readonly output: readonly string[];
    };

/** `1`, or `worker=3` for one container of several (several such, split by commas). */
export const exitCodeAnnotation = 'sandbox.roadstead.dev/exit-code';
/** How long a container runs before it exits. */
export const runSecondsAnnotation = 'sandbox.roadstead.dev/run-seconds';
/** `false`: readiness probes fail. */
export const readyAnnotation = 'sandbox.roadstead.dev/ready';

const usualWorkSeconds = 3;

/** `crashes`: a fault says that the pod's containers fail. */
export function behaviourOf(
  pod: Pod,
  container: Container,
  options: { readonly isInit: boolean; readonly crashes: boolean },
): Behaviour {
  const annotations = pod.metadata.annotations ?? {};
  const told = exitCodeFor(annotations[exitCodeAnnotation], container.name);
  const seconds = Number(annotations[runSecondsAnnotation] ?? usualWorkSeconds);
  if (options.crashes && !options.isInit)
    return { kind: 'exits', code: 1, afterSeconds: 1, output: ['panic: told to fail by a fault of the sandbox'] };
  if (told !== undefined && !options.isInit) return { kind: 'exits', code: told, afterSeconds: seconds, output: [] };
  const reading = readCommand(container.command ?? [], container.args ?? []);
  if (reading.kind === 'exits') return reading;
  if (reading.kind === 'runs') return reading;
  const sidecar = options.isInit && container.restartPolicy === 'Always';
  const hasCommand = (container.command ?? []).length + (container.args ?? []).length > 0;
  const ends = (options.isInit && !sidecar) || isJobPod(pod) || (!hasCommand && endsByItself(container.image));
  if (!ends) return { kind: 'runs', output: reading.output };
  return { kind: 'exits', code: 0, afterSeconds: Math.max(reading.afterSeconds, seconds), output: reading.output };
}

function isJobPod(pod: Pod): boolean {
  return (pod.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.kind === 'Job');
}

function exitCodeFor(annotation: string | undefined, container: string): number | undefined {
  for (const entry of (annotation ?? '').split(',').filter(Boolean)) {
    const [name = '', code] = entry.includes('=') ? entry.split('=') : [container, entry];
    if (name.trim() === container && /^\d+$/.test((code ?? '').trim())) return Number(code);
  }
  return undefined;
}
