import { startTestGateway, type TestGateway } from '@roadstead/sandbox-gateway/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Ec2Reader } from './aws/ec2-reader.ts';
import { readBootstrap } from './bootstrap/bootstrap.ts';
import { type AwsNetwork, eksImage, makeAwsNetwork } from './testing/aws-network.ts';
import { multipartUserData, nodeConfigFor } from './testing/user-data.ts';

const place = { account: '123456789012', region: 'eu-central-1' };
const coordinates = { name: 'shop', endpoint: 'https://127.0.0.1:6443', caPem: 'PEM', serviceCidr: '172.20.0.0/16' };

let aws: TestGateway;
let network: AwsNetwork;
let reader: Ec2Reader;

beforeAll(async () => {
  aws = await startTestGateway(process.env);
  const image = await eksImage(aws.gateway.backend, place, '1.36', 'arm64');
  network = await makeAwsNetwork(aws.gateway.backend, place, image);
  reader = new Ec2Reader(aws.gateway.backend, place);
});

afterAll(async () => {
  await aws?.close();
});

test('an instance of an Auto Scaling group carries all that its launch template says', async () => {
  const userData = multipartUserData(nodeConfigFor(coordinates));
  await network.autoScale({
    name: 'app',
    userData,
    type: 'm7gd.xlarge',
    size: 2,
    tags: { 'eks:nodegroup-name': 'app' },
  });
  const instances = await reader.instances();
  expect(instances).toHaveLength(2);
  expect(new Set(instances.map(({ zone }) => zone))).toEqual(new Set(['eu-central-1a', 'eu-central-1b']));
  const [instance] = instances;
  if (instance === undefined) throw new Error('no instance');
  expect(instance.tags).toMatchObject({ 'aws:autoscaling:groupName': 'app', 'eks:nodegroup-name': 'app' });
  expect(instance.privateDnsName).toMatch(/^ip-10-30-\d+-\d+\.eu-central-1\.compute\.internal$/);
  expect(instance.securityGroupIds).toContain(network.clusterSecurityGroupId);
  expect(readBootstrap(await reader.userData(instance))).toMatchObject({
    kind: 'ok',
    value: { cluster: { name: 'shop' } },
  });
  expect(await reader.roleArn(instance)).toBe(network.roleArn);
  expect(await reader.rootVolumeGiB(instance)).toBe(80);
  expect(await reader.noWayOut(instance)).toBeUndefined();
  expect(await reader.type(instance.typeName)).toMatchObject({
    vcpus: 4,
    memoryMiB: 16_384,
    architecture: 'arm64',
    localDisksGB: [237],
  });
  expect(await reader.image(instance.imageId)).toMatchObject({ architecture: 'arm64' });
  expect(await reader.subnetCidr(instance.subnetId)).toMatch(/\/20$/);
  expect(await reader.zoneId('eu-central-1a')).toMatch(/^euc1-az/);
});

test('instances leave when the group shrinks', async () => {
  await network.call('autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: 'app',
    MinSize: 0,
    DesiredCapacity: 0,
  });
  expect(await reader.instances()).toEqual([]);
});
