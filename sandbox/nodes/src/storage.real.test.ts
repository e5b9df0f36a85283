import type { Backend } from '@roadstead/sandbox-gateway';
import { startTestGateway, type TestGateway } from '@roadstead/sandbox-gateway/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeNode, PersistentVolume, Pod, Service } from './kube/objects.ts';
import { at, itemsOf, tagsOf } from './read.ts';
import { type AwsNetwork, eksImage, makeAwsNetwork } from './testing/aws-network.ts';
import { awsNode, deployment, ebsCsiNode } from './testing/manifests.ts';
import { type RealCluster, startRealCluster } from './testing/real-cluster.ts';
import { multipartUserData, nodeConfigFor } from './testing/user-data.ts';

const place = { account: '123456789012', region: 'eu-central-1' };

let aws: TestGateway;
let network: AwsNetwork;
let world: RealCluster;

beforeAll(async () => {
  aws = await startTestGateway(process.env);
  const { backend } = aws.gateway;
  network = await makeAwsNetwork(backend, place, await eksImage(backend, place, '1.36', 'arm64'));
  await network.call('iam', 'CreateRole', {
    RoleName: 'ebs',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
  });
  world = await startRealCluster(process.env, { ...network, backend: withAssociation(backend) });
  const userData = multipartUserData(nodeConfigFor(world.cluster));
  await world.api.create('/apis/apps/v1/namespaces/kube-system/daemonsets', awsNode);
  await world.api.create('/apis/apps/v1/namespaces/kube-system/daemonsets', ebsCsiNode);
  const controller = deployment('ebs-csi-controller', { namespace: 'kube-system' });
  await world.api.create('/apis/apps/v1/namespaces/kube-system/deployments', controller);
  await world.api.create('/apis/storage.k8s.io/v1/csidrivers', csiDriver);
  await world.api.create('/apis/storage.k8s.io/v1/storageclasses', gp3);
  await network.autoScale({ name: 'app', userData, type: 'm7g.large', size: 2 });
  await world.until('two nodes Ready', async () =>
    world.nodes.readyCount(world.cluster, 'app') === 2 ? true : undefined,
  );
});

/** EKS is not part of this test: one association, of the driver's role. */
function withAssociation(backend: Backend): Backend {
  return {
    ...backend,
    call: async (where, service, operation, input) => {
      if (service !== 'eks') return backend.call(where, service, operation, input);
      if (operation === 'ListPodIdentityAssociations') return { associations: [{ associationId: 'a-1' }] };
      return { association: { roleArn: 'arn:aws:iam::123456789012:role/ebs' } };
    },
  };
}

afterAll(async () => {
  await world?.close();
  await aws?.close();
});

const csiDriver = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIDriver',
  metadata: { name: 'ebs.csi.aws.com' },
  spec: { attachRequired: true },
};
const gp3 = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'gp3' },
  provisioner: 'ebs.csi.aws.com',
  parameters: { type: 'gp3', encrypted: 'true' },
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
};

function claim(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { storageClassName: 'gp3', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } },
  };
}

function podUsing(claimName: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `uses-${claimName}`, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'redis:8', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  };
}

async function volumes(): Promise<readonly unknown[]> {
  const answer = await network.call('ec2', 'DescribeVolumes', {
    Filters: [{ Name: 'tag-key', Values: ['CSIVolumeName'] }],
  });
  return itemsOf(answer.Volumes);
}

const phaseOf = async (path: string) => at(await world.object<Pod>(path), 'status', 'phase');

describe('volumes', () => {
  test('are not made while the driver’s role may not make them', { timeout: 90_000 }, async () => {
    await world.api.create('/api/v1/namespaces/default/persistentvolumeclaims', claim('refused'));
    await world.api.create('/api/v1/namespaces/default/pods', podUsing('refused'));
    await world.until('the event', async () => {
      const events = await world.kubectl('get', 'events', '--field-selector', 'reason=ProvisioningFailed');
      return events.includes('not authorized to perform: ec2:CreateVolume') ? true : undefined;
    });
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }],
    });
    await network.call('iam', 'PutRolePolicy', { RoleName: 'ebs', PolicyName: 'volumes', PolicyDocument });
    await world.until('the pod Running', async () =>
      (await phaseOf('/api/v1/namespaces/default/pods/uses-refused')) === 'Running' ? true : undefined,
    );
    await world.api.delete('/api/v1/namespaces/default/pods/uses-refused');
    await world.api.delete('/api/v1/namespaces/default/persistentvolumeclaims/refused');
    await world.until('no volume', async () => ((await volumes()).length === 0 ? true : undefined));
  });

  test('a claim becomes an EBS volume in its pod’s zone, is attached, grows, and leaves with the claim', {
    timeout: 90_000,
  }, async () => {
    await world.api.create('/api/v1/namespaces/default/persistentvolumeclaims', claim('data'));
    await world.api.create('/api/v1/namespaces/default/pods', podUsing('data'));
    await world.until('the pod Running', async () =>
      (await phaseOf('/api/v1/namespaces/default/pods/uses-data')) === 'Running' ? true : undefined,
    );
    const pod = await world.object<Pod>('/api/v1/namespaces/default/pods/uses-data');
    const node = await world.object<KubeNode>(`/api/v1/nodes/${pod?.spec.nodeName}`);
    const [volume] = await volumes();
    expect(at(volume, 'AvailabilityZone')).toBe(node?.metadata.labels?.['topology.kubernetes.io/zone']);
    expect(at(volume, 'Encrypted')).toBe(true);
    expect(tagsOf(at(volume, 'Tags'))).toMatchObject({
      'kubernetes.io/created-for/pvc/name': 'data',
      'ebs.csi.aws.com/cluster': 'true',
    });
    expect(node?.spec.providerID).toContain(String(at(itemsOf(at(volume, 'Attachments'))[0], 'InstanceId')));
    expect(node?.status?.volumesInUse).toEqual([`kubernetes.io/csi/ebs.csi.aws.com^${String(at(volume, 'VolumeId'))}`]);

    const grown = { spec: { resources: { requests: { storage: '8Gi' } } } };
    await world.api.patch('/api/v1/namespaces/default/persistentvolumeclaims/data', 'merge', grown);
    await world.until('the larger volume', async () => (at((await volumes())[0], 'Size') === 8 ? true : undefined));

    await world.api.delete('/api/v1/namespaces/default/pods/uses-data');
    await world.until('the volume free', async () =>
      itemsOf(at((await volumes())[0], 'Attachments')).length === 0 ? true : undefined,
    );
    await world.api.delete('/api/v1/namespaces/default/persistentvolumeclaims/data');
    await world.until('no volume', async () => ((await volumes()).length === 0 ? true : undefined));
    await world.until('no PersistentVolume', async () => {
      const left = await world.api.list<PersistentVolume>('/api/v1/persistentvolumes');
      return left.items.length === 0 ? true : undefined;
    });
  });

  test('a volume that is stuck attaching holds its pod, with the reason in its events, until the fault is cleared', {
    timeout: 90_000,
  }, async () => {
    const clear = world.nodes.fault(world.cluster, { kind: 'volume-stuck', match: 'default/stuck' });
    await world.api.create('/api/v1/namespaces/default/persistentvolumeclaims', claim('stuck'));
    await world.api.create('/api/v1/namespaces/default/pods', podUsing('stuck'));
    await world.until('the event', async () => {
      const events = await world.kubectl('get', 'events', '--field-selector', 'reason=FailedAttachVolume');
      return events.includes('attaching') ? true : undefined;
    });
    expect(await phaseOf('/api/v1/namespaces/default/pods/uses-stuck')).toBe('Pending');
    clear();
    await world.until('the pod Running', async () =>
      (await phaseOf('/api/v1/namespaces/default/pods/uses-stuck')) === 'Running' ? true : undefined,
    );
  });
});

describe('the console of an instance', () => {
  const consoleOf = async (InstanceId: string): Promise<string> =>
    Buffer.from(String((await network.call('ec2', 'GetConsoleOutput', { InstanceId })).Output), 'base64').toString();
  const instancesOf = async (group: string): Promise<readonly string[]> => {
    const { AutoScalingGroups } = await network.call('autoscaling', 'DescribeAutoScalingGroups', {
      AutoScalingGroupNames: [group],
    });
    return itemsOf(at(itemsOf(AutoScalingGroups)[0], 'Instances')).map((one) => String(at(one, 'InstanceId')));
  };

  test('names the node that it became, or why it became none', { timeout: 60_000 }, async () => {
    const [joined = ''] = await instancesOf('app');
    expect(await consoleOf(joined)).toMatch(/kubelet: node ip-\S+ registered with cluster shop\n$/);
    const elsewhere = nodeConfigFor({ ...world.cluster, endpoint: 'https://elsewhere:443' });
    await network.autoScale({ name: 'lost', userData: multipartUserData(elsewhere), type: 'm7g.large', size: 1 });
    const [lost = ''] = await instancesOf('lost');
    const text = await world.until('a reason', async () => {
      const said = await consoleOf(lost);
      return said.includes('fatal') ? said : undefined;
    });
    expect(text).toContain('msg="dial https://elsewhere:443: no such host');
    await expect(consoleOf('i-0123456789abcdef0')).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
    await network.call('autoscaling', 'DeleteAutoScalingGroup', { AutoScalingGroupName: 'lost', ForceDelete: true });
  });
});

describe('load balancers', () => {
  const groups = async () =>
    itemsOf(
      (await network.call('ec2', 'DescribeSecurityGroups', { Filters: [{ Name: 'vpc-id', Values: [network.vpcId] }] }))
        .SecurityGroups,
    ).map((group) => String(at(group, 'GroupName')));
  const classic = async () =>
    itemsOf((await network.call('elb', 'DescribeLoadBalancers', {})).LoadBalancerDescriptions);
  const modern = async () => itemsOf((await network.call('elbv2', 'DescribeLoadBalancers', {})).LoadBalancers);

  const targets = async (): Promise<number> => {
    const { TargetGroups } = await network.call('elbv2', 'DescribeTargetGroups', {});
    const TargetGroupArn = at(itemsOf(TargetGroups)[0], 'TargetGroupArn');
    if (TargetGroupArn === undefined) return itemsOf(at((await classic())[0], 'Instances')).length;
    const health = await network.call('elbv2', 'DescribeTargetHealth', { TargetGroupArn });
    return itemsOf(health.TargetHealthDescriptions).length;
  };
  const ports = async (): Promise<readonly unknown[]> => {
    const LoadBalancerArn = at((await modern())[0], 'LoadBalancerArn');
    if (LoadBalancerArn === undefined) {
      const listeners = itemsOf(at((await classic())[0], 'ListenerDescriptions'));
      return listeners.map((one) => at(one, 'Listener', 'LoadBalancerPort'));
    }
    const { Listeners } = await network.call('elbv2', 'DescribeListeners', { LoadBalancerArn });
    return itemsOf(Listeners).map((one) => at(one, 'Port'));
  };
  const resize = (DesiredCapacity: number) =>
    network.call('autoscaling', 'UpdateAutoScalingGroup', { AutoScalingGroupName: 'app', DesiredCapacity });

  test.each([
    ['classic', {}],
    ['network', { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' }],
  ])('a Service makes a %s one and takes all of it away', { timeout: 90_000 }, async (kind, annotations) => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `lb-${kind}`, namespace: 'default', annotations },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: 'none' } },
    };
    const path = `/api/v1/namespaces/default/services/lb-${kind}`;
    await world.api.create('/api/v1/namespaces/default/services', service);
    const host = await world.until(
      'a host name',
      async () => (await world.object<Service>(path))?.status?.loadBalancer?.ingress?.[0]?.hostname,
    );
    expect(host).toMatch(/elb\.|amazonaws/);
    expect((await classic()).length + (await modern()).length).toBe(1);
    expect((await groups()).some((name) => name.startsWith('k8s-elb-'))).toBe(kind === 'classic');
    expect(await targets()).toBe(2);
    await resize(3);
    await world.until('the third target', async () => ((await targets()) === 3 ? true : undefined));
    await resize(2);
    await world.until('two targets', async () => ((await targets()) === 2 ? true : undefined));
    await world.api.patch(path, 'merge', { spec: { ports: [{ port: 8080 }] } });
    await world.until('the new port', async () => (JSON.stringify(await ports()) === '[8080]' ? true : undefined));
    await world.api.delete(path);
    await world.until('the Service gone', async () => ((await world.object(path)) === undefined ? true : undefined));
    expect([...(await classic()), ...(await modern())]).toEqual([]);
    expect((await groups()).toSorted()).toEqual(['cluster', 'default']);
  });
});
