import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kubectl, kubeconfigOf, kubectlWith } from './cluster-in.ts';
import { aws, clusterFile, roadsteadIn, smallCluster } from './roadstead.ts';
import { root, type Sandbox, startSandbox } from './sandbox.ts';

/** What an application team does on the cluster that came up: plain kubectl, seed 002's examples. */
let sandbox: Sandbox;
let kubectl: Kubectl;

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  const roadstead = await roadsteadIn(sandbox);
  const file = await clusterFile(smallCluster('team'));
  await roadstead.ok('up', '-f', file, '--yes');
  kubectl = kubectlWith(sandbox, await kubeconfigOf(roadstead, file));
  await kubectl.ok('apply', '-f', join(root, 'examples/workloads'));
});
afterAll(() => sandbox?.stop());

interface List<T> {
  readonly items: readonly T[];
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

describe('seed 002’s Redis with its PersistentVolumeClaim', () => {
  it('schedules, binds and becomes ready', async () => {
    await kubectl.ok('rollout', 'status', 'deployment/redis', '--timeout=60s');
    const [pod] = await podsOf('application=redis');
    expect(isReady(pod)).toBe(true);
    const claim = await kubectl.get<{ status: { phase: string } }>('persistentvolumeclaim', 'redis-data');
    expect(claim.status).toMatchObject({
      phase: 'Bound',
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
    });
  });

  it('has its data on an EBS volume in the zone of its pod, attached to the pod’s instance', async () => {
    const [pod] = await podsOf('application=redis');
    const node = await kubectl.get<{ metadata: { labels: Record<string, string> }; spec: { providerID: string } }>(
      'node',
      pod?.spec.nodeName ?? '',
    );
    const { items } = await kubectl.get<List<{ spec: { csi: { driver: string; volumeHandle: string } } }>>('pv');
    expect(items.map(({ spec }) => spec.csi.driver)).toEqual(['ebs.csi.aws.com']);
    const { Volumes } = await aws<{ Volumes: object[] }>(
      sandbox,
      ...['ec2', 'describe-volumes', '--volume-ids', items[0]?.spec.csi.volumeHandle ?? ''],
    );
    expect(Volumes).toMatchObject([
      {
        Size: 10,
        VolumeType: 'gp3',
        State: 'in-use',
        AvailabilityZone: node.metadata.labels['topology.kubernetes.io/zone'],
        Attachments: [{ InstanceId: node.spec.providerID.split('/').at(-1) }],
      },
    ]);
  });

  it('keeps its volume when its pod is deleted', async () => {
    const before = await kubectl.get<{ spec: { volumeName: string } }>('pvc', 'redis-data');
    const [old] = await podsOf('application=redis');
    await kubectl.ok('delete', 'pod', old?.metadata.name ?? '', '--wait');
    await kubectl.ok('rollout', 'status', 'deployment/redis', '--timeout=60s');
    const pods = await podsOf('application=redis');
    expect(pods.map(({ metadata }) => metadata.name)).not.toContain(old?.metadata.name);
    expect(pods.map(isReady)).toEqual([true]);
    expect((await kubectl.get<{ spec: { volumeName: string } }>('pvc', 'redis-data')).spec.volumeName).toBe(
      before.spec.volumeName,
    );
  });

  it('takes its volume away with its claim', async () => {
    const { items } = await kubectl.get<List<{ spec: { csi: { volumeHandle: string } } }>>('pv');
    await kubectl.ok('delete', 'deployment/redis', 'pvc/redis-data', '--timeout=60s');
    await kubectl.ok('wait', '--for=delete', 'pv', '--all', '--timeout=60s');
    const { Volumes } = await aws<{ Volumes: { VolumeId: string }[] }>(sandbox, 'ec2', 'describe-volumes');
    expect(items).toHaveLength(1);
    expect(Volumes.map(({ VolumeId }) => VolumeId)).not.toContain(items[0]?.spec.csi.volumeHandle);
  });
});

describe('seed 002’s nginx', () => {
  it('runs twice, on two nodes, each with an address of the network', async () => {
    await kubectl.ok('rollout', 'status', 'deployment/nginx', '--timeout=60s');
    const pods = await podsOf('app=nginx');
    expect(pods.map(isReady)).toEqual([true, true]);
    expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(2);
    expect(pods.every(({ status }) => status.podIP?.startsWith('10.40.'))).toBe(true);
  });

  it('is behind its Service: both pods are endpoints', async () => {
    const pods = await podsOf('app=nginx');
    const { items } = await kubectl.get<List<{ endpoints: { addresses: string[]; conditions: { ready: boolean } }[] }>>(
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=nginx',
    );
    const ready = items.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready);
    expect(ready.flatMap(({ addresses }) => addresses).toSorted()).toEqual(
      pods.map(({ status }) => status.podIP).toSorted(),
    );
  });

  it('gets a load balancer whose host name the Service tells, with its listener and the nodes behind', async () => {
    await kubectl.ok(
      ...['wait', '--for=jsonpath={.status.loadBalancer.ingress[0].hostname}', 'service/nginx', '--timeout=60s'],
    );
    const service = await kubectl.get<{
      spec: { ports: { nodePort: number }[] };
      status: { loadBalancer: { ingress: { hostname: string }[] } };
    }>('service', 'nginx');
    const [ingress] = service.status.loadBalancer.ingress;
    expect(ingress?.hostname).toMatch(/\.eu-central-1\.elb\.amazonaws\.com$/);
    const { LoadBalancerDescriptions } = await aws<{ LoadBalancerDescriptions: { Instances: object[] }[] }>(
      sandbox,
      ...['elb', 'describe-load-balancers'],
    );
    expect(LoadBalancerDescriptions).toMatchObject([
      {
        DNSName: ingress?.hostname,
        ListenerDescriptions: [{ Listener: { LoadBalancerPort: 80, InstancePort: service.spec.ports[0]?.nodePort } }],
      },
    ]);
    expect(LoadBalancerDescriptions[0]?.Instances).toHaveLength(2);
  });

  it('loses its load balancer with its Service', async () => {
    await kubectl.ok('delete', 'service', 'nginx', '--timeout=60s');
    const { LoadBalancerDescriptions } = await aws<{ LoadBalancerDescriptions: object[] }>(
      sandbox,
      ...['elb', 'describe-load-balancers'],
    );
    expect(LoadBalancerDescriptions).toEqual([]);
  });
});

describe('looking at what runs', () => {
  it('shows logs', async () => {
    expect(await kubectl.ok('logs', 'deployment/nginx')).toContain('nginx');
  });

  it('shows what nodes and pods use, by metrics-server', async () => {
    expect((await kubectl.ok('top', 'nodes', '--no-headers')).trim().split('\n')).toHaveLength(2);
    expect((await kubectl.ok('top', 'pods', '-l', 'app=nginx', '--no-headers')).trim().split('\n')).toHaveLength(2);
  });
});

describe('the platform’s defaults', () => {
  it('give a container without requests the limits of the channel’s LimitRange', async () => {
    const { items } = await kubectl.get<List<{ spec: { containers: { resources: object }[] } }>>(
      'pods',
      '-l',
      'app=nginx',
    );
    const range = await kubectl.get<{ spec: { limits: { type: string; default: object; defaultRequest: object }[] } }>(
      'limitrange',
      'limits',
    );
    const limits = range.spec.limits.find(({ type }) => type === 'Container');
    expect(items[0]?.spec.containers[0]?.resources).toEqual({
      limits: limits?.default,
      requests: limits?.defaultRequest,
    });
  });
});

async function podsOf(selector: string): Promise<readonly Pod[]> {
  return (await kubectl.get<List<Pod>>('pods', '-l', selector)).items;
}

function isReady(pod: Pod | undefined): boolean {
  return pod?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
