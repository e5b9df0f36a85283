import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeNode, Pod } from './kube/objects.ts';
import { at } from './read.ts';
import { createFakeAws, fakeRoleArn } from './testing/fake-aws.ts';
import { awsNode, deployment, job } from './testing/manifests.ts';
import { type RealCluster, startRealCluster } from './testing/real-cluster.ts';
import { multipartUserData, nodeConfigFor } from './testing/user-data.ts';

const aws = createFakeAws();
let world: RealCluster;

beforeAll(async () => {
  world = await startRealCluster(process.env, { ...aws, backend: aws, roleArn: fakeRoleArn });
});

afterAll(async () => {
  await world?.close();
});

function ready(node: KubeNode | undefined): string | undefined {
  return node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

async function theNode(id: string): Promise<KubeNode> {
  return world.until(`a node of ${id}`, async () => {
    const nodes = await world.api.list<KubeNode>('/api/v1/nodes');
    return nodes.items.find((node) => node.spec.providerID?.endsWith(id) === true);
  });
}

async function podsOf(app: string): Promise<readonly Pod[]> {
  return (await world.api.list<Pod>(`/api/v1/namespaces/default/pods?labelSelector=app%3D${app}`)).items;
}

describe('nodes on a real control plane', () => {
  test('an instance joins as its user data says and is Ready only with its network plugin', {
    timeout: 60_000,
  }, async () => {
    const kubelet =
      '{config: {kubeReserved: {cpu: 250m, memory: 1Gi, ephemeral-storage: 1Gi}, systemReserved: {cpu: 250m, memory: 0.2Gi, ephemeral-storage: 1Gi}, evictionHard: {memory.available: 1Gi, nodefs.available: 10%}}, flags: ["--node-labels=nodeType=systemNode"]}';
    const id = aws.launch({ userData: multipartUserData(nodeConfigFor(world.cluster, kubelet)) });
    const node = await theNode(id);
    expect(node.metadata.labels).toMatchObject({
      nodeType: 'systemNode',
      'topology.kubernetes.io/zone': 'eu-central-1a',
      'kubernetes.io/arch': 'arm64',
    });
    const status = await world.until('a posted status', async () => {
      const now = await theNode(id);
      return ready(now) === 'False' ? now : undefined;
    });
    expect(at(status, 'status', 'nodeInfo', 'kubeletVersion')).toMatch(/^v1\.36\./);
    await world.api.create('/apis/apps/v1/namespaces/kube-system/daemonsets', awsNode);
    await world.until('the node Ready', async () => (ready(await theNode(id)) === 'True' ? true : undefined));
    const configz = JSON.parse(
      await world.kubectl('get', '--raw', `/api/v1/nodes/${node.metadata.name}/proxy/configz`),
    );
    expect(at(configz, 'kubeletconfig', 'systemReserved')).toEqual({
      cpu: '250m',
      memory: '0.2Gi',
      'ephemeral-storage': '1Gi',
    });
    expect(at(configz, 'kubeletconfig', 'evictionHard', 'memory.available')).toBe('1Gi');
  });

  test('a Deployment becomes available, logs, and rolls away with its pods', { timeout: 60_000 }, async () => {
    await world.api.create('/apis/apps/v1/namespaces/default/deployments', deployment('web', { replicas: 2 }));
    await world.kubectl('wait', 'deployment/web', '--for=condition=Available', '--timeout=25s');
    const [pod] = await podsOf('web');
    expect(pod?.status?.podIP).toMatch(/^10\.20\.(?:[0-9]|1[0-5])\./);
    expect(await world.kubectl('logs', 'deployment/web')).toContain('nginx:1.29');
    await world.api.delete('/apis/apps/v1/namespaces/default/deployments/web', { propagationPolicy: 'Background' });
    await world.until('no pods of web', async () => ((await podsOf('web')).length === 0 ? true : undefined));
  });

  test('an image that cannot be pulled backs off, and says so in an event', { timeout: 60_000 }, async () => {
    await world.api.create(
      '/apis/apps/v1/namespaces/default/deployments',
      deployment('broken', { container: { image: 'registry.invalid/app:1' } }),
    );
    await world.until('ImagePullBackOff', async () => {
      const [pod] = await podsOf('broken');
      const state = pod?.status?.containerStatuses?.[0]?.state;
      return state !== undefined && 'waiting' in state && state.waiting.reason === 'ImagePullBackOff' ? pod : undefined;
    });
    const events = await world.kubectl('get', 'events', '--field-selector', 'reason=Failed');
    expect(events).toContain('registry.invalid');
    await world.api.delete('/apis/apps/v1/namespaces/default/deployments/broken', { propagationPolicy: 'Background' });
  });

  test('a crash loop counts its restarts and keeps its last words', { timeout: 60_000 }, async () => {
    const container = { image: 'busybox:1.37', command: ['sh', '-c', 'echo starting; exit 3'] };
    await world.api.create('/apis/apps/v1/namespaces/default/deployments', deployment('crash', { container }));
    const pod = await world.until('CrashLoopBackOff', async () => {
      const [candidate] = await podsOf('crash');
      const status = candidate?.status?.containerStatuses?.[0];
      const waits =
        status !== undefined && 'waiting' in status.state && status.state.waiting.reason === 'CrashLoopBackOff';
      return waits && status.restartCount >= 2 ? candidate : undefined;
    });
    expect(pod.status?.containerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(3);
    expect(await world.kubectl('logs', '--previous', pod.metadata.name)).toMatch(/starting\n.*exit code 3/);
    await world.api.delete('/apis/apps/v1/namespaces/default/deployments/crash', { propagationPolicy: 'Background' });
  });

  test('jobs complete and fail by their commands', { timeout: 60_000 }, async () => {
    await world.api.create('/apis/batch/v1/namespaces/default/jobs', job('good', ['echo', 'hello']));
    await world.api.create('/apis/batch/v1/namespaces/default/jobs', job('bad', ['false']));
    await world.kubectl('wait', 'job/good', '--for=condition=Complete', '--timeout=25s');
    await world.kubectl('wait', 'job/bad', '--for=condition=Failed', '--timeout=25s');
    expect(await world.kubectl('logs', 'job/good')).toContain('hello');
  });

  test('kubectl top answers while metrics-server runs, and its API goes with it', { timeout: 60_000 }, async () => {
    const labels = { 'app.kubernetes.io/name': 'metrics-server' };
    const spec = { ports: [{ port: 443, targetPort: 10250 }], selector: labels };
    const metadata = { name: 'metrics-server', namespace: 'kube-system' };
    await world.api.create('/api/v1/namespaces/kube-system/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec,
    });
    const server = { ...metadata, labels };
    const containers = [{ name: 'main', image: 'registry.k8s.io/metrics-server/metrics-server:v0.8.0' }];
    await world.api.create('/api/v1/namespaces/kube-system/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: server,
      spec: { containers },
    });
    const top = await world.until('kubectl top', async () => world.kubectl('top', 'nodes').catch(() => undefined));
    expect(top).toMatch(/ip-10-20-0-\d+\S+ +\d+m/);
    expect(await world.kubectl('top', 'pods', '-n', 'kube-system')).toContain('metrics-server');
    await world.api.delete('/api/v1/namespaces/kube-system/services/metrics-server');
    await world.until('no registration', async () => {
      const left = await world.object('/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io');
      return left === undefined ? true : undefined;
    });
  });

  test('an instance that may not join says why, and joins when the cause is gone', { timeout: 60_000 }, async () => {
    const id = aws.launch({
      userData: multipartUserData(nodeConfigFor({ ...world.cluster, endpoint: 'https://elsewhere:443' })),
    });
    const reason = await world.until('a reason', async () => world.nodes.whyNotJoined(id));
    expect(reason).toContain('no such host');
    expect(world.nodes.inventory()[0]?.instances.find(({ instanceId }) => instanceId === id)?.state).toBe('refused');
    aws.terminate(id);
  });

  test('a node whose object was deleted does not come back by itself, and does not count', {
    timeout: 60_000,
  }, async () => {
    const tags = { 'aws:autoscaling:groupName': 'lonely' };
    const id = aws.launch({ userData: multipartUserData(nodeConfigFor(world.cluster)), tags });
    const node = await theNode(id);
    const count = () => world.nodes.readyCount(world.cluster, 'lonely');
    await world.until('it counts', async () => (count() === 1 ? true : undefined));
    await world.kubectl('delete', 'node', node.metadata.name);
    await world.until('it does not', async () => (count() === 0 ? true : undefined));
    aws.terminate(id);
  });

  test('a terminated instance takes its node and pods with it', { timeout: 60_000 }, async () => {
    const second = aws.launch({ userData: multipartUserData(nodeConfigFor(world.cluster)), zone: 'b' });
    const node = await theNode(second);
    await world.until('the second node Ready', async () =>
      ready(await theNode(second)) === 'True' ? true : undefined,
    );
    aws.terminate(second);
    await world.until('the node gone', async () => {
      const gone = (await world.object(`/api/v1/nodes/${node.metadata.name}`)) === undefined;
      return gone ? true : undefined;
    });
    await world.until('its pods gone', async () => {
      const pods = await world.api.list<Pod>('/api/v1/pods');
      return pods.items.every((pod) => pod.spec.nodeName !== node.metadata.name) ? true : undefined;
    });
  });
});
