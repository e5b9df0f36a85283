import type { NodeHealth } from './node-object.ts';

/** Seconds at AWS's pace. */
const bootSeconds = 45;
const joinSeconds = 15;
/** From the end of an instance until the cloud controller takes its Node away. */
const removeAfterSeconds = 30;

/** What an instance is on its way to, and since when (wall milliseconds). */
export type InstanceLife =
  | { readonly kind: 'starting'; readonly seenAt: number }
  | { readonly kind: 'refused'; readonly seenAt: number; readonly reason: string }
  | { readonly kind: 'node'; readonly seenAt: number }
  | { readonly kind: 'gone'; readonly seenAt: number; readonly goneAt: number };

export type NodeStep =
  | { readonly kind: 'wait' }
  /** Look whether it can join now. */
  | { readonly kind: 'assess' }
  /** Keep its Node at this health. */
  | { readonly kind: 'keep'; readonly health: NodeHealth }
  | { readonly kind: 'mark-gone' }
  | { readonly kind: 'remove' };

export interface NodeSight {
  /** EC2's word; `undefined` when EC2 has no such instance any more. */
  readonly state: string | undefined;
  readonly networkPluginReady: boolean;
  readonly silenced: boolean;
}

/** The next thing to do about an instance. Pure. */
export function stepInstance(
  life: InstanceLife,
  sight: NodeSight,
  now: number,
  paced: (seconds: number) => number,
): NodeStep {
  const ended = sight.state === undefined || sight.state === 'terminated' || sight.state === 'shutting-down';
  if (life.kind === 'gone')
    return now - life.goneAt >= paced(removeAfterSeconds) ? { kind: 'remove' } : { kind: 'wait' };
  if (ended) return { kind: life.kind === 'node' ? 'mark-gone' : 'remove' };
  if (life.kind === 'node') return { kind: 'keep', health: healthOf(sight) };
  if (sight.state !== 'running') return { kind: 'wait' };
  return now - life.seenAt >= paced(bootSeconds) + paced(joinSeconds) ? { kind: 'assess' } : { kind: 'wait' };
}

function healthOf(sight: NodeSight): NodeHealth {
  if (sight.silenced || sight.state === 'stopping' || sight.state === 'stopped') return 'lost';
  return sight.networkPluginReady ? 'ready' : 'no-network';
}
