import type { Container, Pod } from '../kube/objects.ts';

/** A pod for tests of pure functions. */
export function podWith(
  change: {
    readonly spec?: Partial<Pod['spec']>;
    readonly metadata?: Partial<Pod['metadata']>;
    readonly status?: Pod['status'];
  } = {},
): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u-1', resourceVersion: '1', ...change.metadata },
    spec: { nodeName: 'node', restartPolicy: 'Always', containers: [containerWith()], ...change.spec },
    ...(change.status === undefined ? {} : { status: change.status }),
  };
}

export function containerWith(change: Partial<Container> = {}): Container {
  return { name: 'main', image: 'nginx:1.29', ...change };
}
