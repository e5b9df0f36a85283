import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { readinessOf } from './readiness-of.ts';

const object = (
  apiVersion: string,
  kind: string,
  spec: object,
  status?: object,
  metadata: object = {},
): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'a', generation: 2, ...metadata },
  spec,
  ...(status === undefined ? {} : { status }),
});
const condition = (type: string, status: string, reason = 'R', message = 'm') => ({ type, status, reason, message });
const waiting = (reason: string, restartCount = 0, message?: string) => ({
  phase: 'Pending',
  containerStatuses: [
    {
      name: 'main',
      image: 'nope:1',
      restartCount,
      state: { waiting: { reason, message } },
      lastState: restartCount > 0 ? { terminated: { exitCode: 137, reason: 'OOMKilled' } } : {},
    },
  ],
});
const deployment = (status: object | undefined, replicas = 2) => object('apps/v1', 'Deployment', { replicas }, status);
const seen = { observedGeneration: 2 };

describe('readinessOf', () => {
  const cases: readonly [string, KubernetesObject, string, RegExp?][] = [
    ['a Deployment not yet seen', deployment({}), 'progressing', /not yet seen/],
    [
      'a Deployment of an older generation',
      deployment({ observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
      'progressing',
      /change is not yet seen/,
    ],
    [
      'a Deployment rolling out',
      deployment({ ...seen, replicas: 2, updatedReplicas: 1, availableReplicas: 2 }),
      'progressing',
      /1 of 2 pods are of the new version/,
    ],
    [
      'a Deployment with old pods',
      deployment({ ...seen, replicas: 3, updatedReplicas: 2, availableReplicas: 2 }),
      'progressing',
      /1 old pods/,
    ],
    [
      'a Deployment whose pods a webhook cannot be asked about',
      deployment({
        ...seen,
        conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'failed calling webhook "x": no endpoints')],
      }),
      'progressing',
      /failed calling webhook/,
    ],
    [
      'a StatefulSet that shrinks',
      object('apps/v1', 'StatefulSet', { replicas: 1 }, { ...seen, replicas: 3, readyReplicas: 3, updatedReplicas: 3 }),
      'progressing',
      /2 pods too many/,
    ],
    [
      'something custom whose condition is of an older generation',
      object('x.io/v1', 'Thing', {}, { conditions: [{ ...condition('Ready', 'True'), observedGeneration: 1 }] }),
      'progressing',
      /not yet seen/,
    ],
    [
      'a ReplicationController on its way',
      object('v1', 'ReplicationController', { replicas: 2 }, { ...seen, availableReplicas: 1 }),
      'progressing',
      /1 of 2 pods are available/,
    ],
    [
      'a Deployment becoming available',
      deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }),
      'progressing',
      /1 of 2 pods are available/,
    ],
    ['a Deployment there', deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }), 'ready'],
    ['a Deployment of none', deployment({ ...seen }, 0), 'ready'],
    [
      'a Deployment past its deadline',
      deployment({ ...seen, conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] }),
      'failed',
      /no progress in time/,
    ],
    [
      'a Deployment whose pods are refused',
      deployment({
        ...seen,
        conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'pods "x" is forbidden: exceeded quota')],
      }),
      'failed',
      /quota/,
    ],
    [
      'a StatefulSet there',
      object('apps/v1', 'StatefulSet', { replicas: 2 }, { ...seen, readyReplicas: 2, updatedReplicas: 2 }),
      'ready',
    ],
    [
      'a StatefulSet rolling out',
      object('apps/v1', 'StatefulSet', { replicas: 2 }, { ...seen, readyReplicas: 2, updatedReplicas: 1 }),
      'progressing',
      /1 of 2/,
    ],
    [
      'a StatefulSet up to its partition',
      object(
        'apps/v1',
        'StatefulSet',
        { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
        { ...seen, readyReplicas: 3, updatedReplicas: 1 },
      ),
      'ready',
    ],
    [
      'a StatefulSet updated on delete',
      object(
        'apps/v1',
        'StatefulSet',
        { replicas: 1, updateStrategy: { type: 'OnDelete' } },
        { ...seen, readyReplicas: 1 },
      ),
      'ready',
    ],
    [
      'a DaemonSet there',
      object(
        'apps/v1',
        'DaemonSet',
        {},
        { ...seen, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 },
      ),
      'ready',
    ],
    ['a DaemonSet without nodes', object('apps/v1', 'DaemonSet', {}, { ...seen, desiredNumberScheduled: 0 }), 'ready'],
    [
      'a DaemonSet on the way',
      object(
        'apps/v1',
        'DaemonSet',
        {},
        { ...seen, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 1 },
      ),
      'progressing',
      /1 of 3 nodes/,
    ],
    ['a Job done', object('batch/v1', 'Job', {}, { conditions: [condition('Complete', 'True')] }), 'ready'],
    [
      'a Job running',
      object('batch/v1', 'Job', { completions: 3 }, { active: 1, succeeded: 2 }),
      'progressing',
      /2 of 3 runs are done, 1 running/,
    ],
    [
      'a Job failed',
      object('batch/v1', 'Job', {}, { conditions: [condition('Failed', 'True', 'BackoffLimitExceeded', 'too often')] }),
      'failed',
      /BackoffLimitExceeded: too often/,
    ],
    ['a suspended Job', object('batch/v1', 'Job', { suspend: true }, {}), 'ready'],
    ['a Pod ready', object('v1', 'Pod', {}, { phase: 'Running', conditions: [condition('Ready', 'True')] }), 'ready'],
    ['a Pod done', object('v1', 'Pod', {}, { phase: 'Succeeded' }), 'ready'],
    ['a Pod starting', object('v1', 'Pod', {}, { phase: 'Pending' }), 'progressing', /is Pending/],
    ['a Pod evicted', object('v1', 'Pod', {}, { phase: 'Failed', reason: 'Evicted' }), 'failed', /Evicted/],
    [
      'a Pod whose first pull failed',
      object('v1', 'Pod', {}, waiting('ErrImagePull', 0, 'no such host')),
      'progressing',
      /nope:1 cannot be pulled yet: no such host/,
    ],
    [
      'a Pod whose image is not to be had',
      object('v1', 'Pod', {}, waiting('ImagePullBackOff')),
      'failed',
      /pod x container main: image nope:1 cannot be pulled/,
    ],
    [
      'a Pod with a wrong image name',
      object('v1', 'Pod', {}, waiting('InvalidImageName', 0, 'bad')),
      'failed',
      /InvalidImageName: bad/,
    ],
    [
      'a Pod whose Secret is missing',
      object('v1', 'Pod', {}, waiting('CreateContainerConfigError', 0, 'secret "s" not found')),
      'failed',
      /secret "s" not found/,
    ],
    [
      'a Pod that fell over once',
      object('v1', 'Pod', {}, waiting('CrashLoopBackOff', 1)),
      'progressing',
      /crashed 1 time /,
    ],
    [
      'a Pod in a crash loop',
      object('v1', 'Pod', {}, waiting('CrashLoopBackOff', 3)),
      'failed',
      /crashed 3 times \(exit code 137, OOMKilled\): CrashLoopBackOff/,
    ],
    [
      'a Pod that fits nowhere',
      object(
        'v1',
        'Pod',
        {},
        {
          phase: 'Pending',
          conditions: [
            condition('PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: insufficient cpu'),
          ],
        },
      ),
      'progressing',
      /cannot be scheduled: 0\/3 nodes/,
    ],
    ['a claim bound', object('v1', 'PersistentVolumeClaim', {}, { phase: 'Bound' }), 'ready'],
    ['a claim pending', object('v1', 'PersistentVolumeClaim', {}, { phase: 'Pending' }), 'progressing', /is Pending/],
    ['a claim whose volume is gone', object('v1', 'PersistentVolumeClaim', {}, { phase: 'Lost' }), 'failed'],
    ['a Service', object('v1', 'Service', { type: 'ClusterIP' }, { loadBalancer: {} }), 'ready'],
    [
      'a load balancer on the way',
      object('v1', 'Service', { type: 'LoadBalancer' }, { loadBalancer: {} }),
      'progressing',
      /no load balancer address/,
    ],
    [
      'a load balancer there',
      object('v1', 'Service', { type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ hostname: 'x' }] } }),
      'ready',
    ],
    [
      'a definition established',
      object(
        'apiextensions.k8s.io/v1',
        'CustomResourceDefinition',
        {},
        { conditions: [condition('Established', 'True')] },
      ),
      'ready',
    ],
    [
      'a definition whose names are taken',
      object(
        'apiextensions.k8s.io/v1',
        'CustomResourceDefinition',
        {},
        { conditions: [condition('NamesAccepted', 'False', 'C', 'taken')] },
      ),
      'failed',
      /taken/,
    ],
    [
      'an API service available',
      object('apiregistration.k8s.io/v1', 'APIService', {}, { conditions: [condition('Available', 'True')] }),
      'ready',
    ],
    [
      'an API service that nobody serves',
      object(
        'apiregistration.k8s.io/v1',
        'APIService',
        {},
        { conditions: [condition('Available', 'False', 'MissingEndpoints', 'none')] },
      ),
      'progressing',
      /MissingEndpoints: none/,
    ],
    ['a namespace', object('v1', 'Namespace', {}, { phase: 'Active' }), 'ready'],
    [
      'anything being deleted',
      object('v1', 'ConfigMap', {}, undefined, { deletionTimestamp: 'now' }),
      'progressing',
      /being deleted/,
    ],
    ['a kind without status', object('v1', 'ConfigMap', {}), 'ready'],
    [
      'a custom kind that says Ready',
      object('x.io/v1', 'Ship', {}, { conditions: [condition('Ready', 'True')] }),
      'ready',
    ],
    [
      'a custom kind that says not Ready',
      object('x.io/v1', 'Ship', {}, { conditions: [condition('Ready', 'False', 'Fog', 'no wind')] }),
      'progressing',
      /Fog: no wind/,
    ],
    [
      'a custom kind that stalls',
      object('x.io/v1', 'Ship', {}, { conditions: [condition('Stalled', 'True', 'Reef', 'aground')] }),
      'failed',
      /Reef: aground/,
    ],
    [
      'a custom kind that reconciles',
      object('x.io/v1', 'Ship', {}, { conditions: [condition('Reconciling', 'True', 'Sailing', 'soon')] }),
      'progressing',
      /soon/,
    ],
    [
      'a custom kind not yet seen',
      object('x.io/v1', 'Ship', {}, { observedGeneration: 1 }),
      'progressing',
      /not yet seen/,
    ],
  ];
  it.each(cases)('%s', (_name, given, state, reason) => {
    const verdict = readinessOf(given);
    expect(verdict.state).toBe(state);
    if (reason !== undefined) expect(verdict.state === 'ready' ? '' : verdict.reason).toMatch(reason);
  });

  it('names the pod that keeps a Deployment from being ready, the worst first', () => {
    const pods = [
      object(
        'v1',
        'Pod',
        {},
        { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', 'full')] },
        { name: 'waits' },
      ),
      object('v1', 'Pod', {}, waiting('CrashLoopBackOff', 5), { name: 'crashes' }),
    ];
    const verdict = readinessOf(deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 0 }), {
      pods,
    });
    expect(verdict).toMatchObject({
      state: 'failed',
      pod: { namespace: 'a', name: 'crashes', container: 'main', crashed: true },
    });
  });

  it('does not blame pods for a Deployment that is ready, nor those being deleted', () => {
    const crashing = object('v1', 'Pod', {}, waiting('CrashLoopBackOff', 5));
    expect(
      readinessOf(deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }), { pods: [crashing] })
        .state,
    ).toBe('ready');
    const going = { ...crashing, metadata: { ...crashing.metadata, deletionTimestamp: 'now' } };
    expect(
      readinessOf(deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }), { pods: [going] })
        .state,
    ).toBe('progressing');
  });

  it('does not call a workload failed for a pod that its controller makes anew: evicted, or a Job that may retry', () => {
    const evicted = object('v1', 'Pod', {}, { phase: 'Failed', reason: 'Evicted' }, { name: 'evicted' });
    const starting = deployment({ ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 1 });
    expect(readinessOf(starting, { pods: [evicted] })).toMatchObject({
      state: 'progressing',
      reason: expect.stringMatching(/evicted failed: Evicted/),
    });
    const unschedulable = {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'False', 'Unschedulable', 'full')],
    };
    const waits = object('v1', 'Pod', {}, unschedulable, { name: 'waits' });
    expect(readinessOf(starting, { pods: [evicted, waits] })).toMatchObject({ pod: { name: 'waits' } });
    const job = object('batch/v1', 'Job', { backoffLimit: 6 }, { active: 1 });
    const crashing = object('v1', 'Pod', {}, waiting('CrashLoopBackOff', 5), { name: 'crashes' });
    expect(readinessOf(job, { pods: [evicted, crashing] })).toMatchObject({
      state: 'progressing',
      pod: { name: 'crashes', crashed: true },
    });
    const unpullable = object('v1', 'Pod', {}, waiting('ImagePullBackOff'), { name: 'pulls' });
    expect(readinessOf(job, { pods: [unpullable] }).state).toBe('failed');
  });

  it('takes a claim that waits for its first pod as ready', () => {
    const storageClass: KubernetesObject = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'gp3' },
      volumeBindingMode: 'WaitForFirstConsumer',
    };
    expect(readinessOf(object('v1', 'PersistentVolumeClaim', {}, { phase: 'Pending' }), { storageClass }).state).toBe(
      'ready',
    );
  });
});
