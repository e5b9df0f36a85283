import type { Container, Pod } from '../kube/objects.ts';

/** Whether a container that ended with the code is started again. `container` is given for init containers. */
export function restartRule(pod: Pod, container: Container | undefined, isInit: boolean, code: number): boolean {
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (container?.restartPolicy === 'Always') return true;
  if (isInit) return code !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
}

/** The same for the same start of the same container. */
export function containerId(pod: Pod, name: string, restarts: number): string {
  const seed = `${pod.metadata.uid}${name}${restarts}`.replace(/[^0-9a-z]/g, '');
  return `containerd://${Buffer.from(seed).toString('hex').slice(-64).padStart(64, '0')}`;
}

/** Compares what is about to be written with what is there; members that only the server knows do not count. */
export function sameStatus(there: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(there) &&
      there.length === wanted.length &&
      wanted.every((item, index) => sameStatus(there[index], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null)
    return there === wanted || (wanted === null && there === undefined);
  const have = typeof there === 'object' && there !== null ? Object.entries(there) : [];
  const known = new Map<string, unknown>(have);
  return Object.entries(wanted).every(([key, value]) => sameStatus(known.get(key), value));
}
