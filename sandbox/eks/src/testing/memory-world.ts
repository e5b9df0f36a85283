import { FakeClock } from '@roadstead/foundation';
import type { AwsRequest, Place } from '@roadstead/sandbox-gateway';
import { Activities } from '../activities.ts';
import type { Eks } from '../deps.ts';
import { eksHandlers } from '../handlers.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import type { NodesPort, RunningControlPlane } from '../ports.ts';
import { EksState } from '../state.ts';
import { MemoryAws } from './memory-aws.ts';

export const home: Place = { account: '123456789012', region: 'eu-central-1' };
export const homeArn = (kind: string, rest: string) => `arn:aws:eks:${home.region}:${home.account}:${kind}/${rest}`;

/** EKS without control planes, on a turned clock: what it accepts and refuses. Work beside the answer waits for the clock. */
export class MemoryWorld {
  readonly aws = new MemoryAws();
  readonly clock = new FakeClock(Date.UTC(2026, 10, 21));
  readonly eks: Eks;
  readonly logs: string[] = [];
  #ids = 0;

  constructor(nodes?: NodesPort) {
    const signal = new AbortController().signal;
    const log = (fields: object, message: string) => void this.logs.push(`${message} ${JSON.stringify(fields)}`);
    const pace = { factor: 60, floorMs: 250 };
    this.eks = {
      context: { backend: this.aws, clock: this.clock, pace, directory: '/nowhere', signal, log },
      state: new EksState(),
      activities: new Activities(signal, log),
      controlPlanes: {
        minors: ['1.33', '1.34', '1.35', '1.36'],
        start: () => Promise.reject(new Error('this world starts no control planes')),
      },
      verify: async () => ({ ok: false, reason: 'this world has no tokens' }),
      webhooks: { url: 'https://127.0.0.1:1', caPem: '', close: async () => undefined },
      nodes,
      randomHex: (bytes) =>
        (++this.#ids)
          .toString(16)
          .padStart(4, '0')
          .padEnd(bytes * 2, '0'),
      uuid: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`,
    };
  }

  /** One request, answered. */
  async call(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const handler = eksHandlers[operation];
    if (handler === undefined) throw new Error(`no operation ${operation}`);
    const arn = `arn:aws:iam::${home.account}:user/admin`;
    const caller = { account: home.account, arn, userId: 'AIDA1', accessKeyId: 'AKIA1' };
    const request: AwsRequest = { id: 'r', service: 'eks', operation, ...home, caller, input };
    return handler(this.eks, request);
  }

  /** A cluster as it is when it has come up; its control plane answers to nobody. */
  cluster(change: Partial<ClusterRecord> = {}): ClusterRecord {
    const cluster: ClusterRecord = {
      place: home,
      name: 'shop',
      arn: homeArn('cluster', 'shop'),
      id: 'C0FFEE',
      createdAt: new Date(0),
      creatorArn: `arn:aws:iam::${home.account}:user/admin`,
      origin: { token: undefined, digest: '' },
      roleArn: `arn:aws:iam::${home.account}:role/cluster`,
      serviceCidr: '172.20.0.0/16',
      issuer: 'https://127.0.0.1:1/id/C0FFEE',
      encryptionConfig: [],
      bootstrapCreatorAdmin: false,
      directory: '/nowhere/shop',
      status: 'ACTIVE',
      version: '1.36',
      vpc: {
        subnetIds: ['subnet-a', 'subnet-b'],
        securityGroupIds: [],
        vpcId: 'vpc-1',
        clusterSecurityGroupId: 'sg-1',
        endpointPublicAccess: true,
        endpointPrivateAccess: true,
        publicAccessCidrs: ['0.0.0.0/0'],
      },
      networkInterfaceIds: [],
      enabledLogs: new Set(),
      authenticationMode: 'API',
      supportType: 'EXTENDED',
      deletionProtection: false,
      zonalShift: false,
      tags: {},
      issues: [],
      nodegroups: new Map(),
      addons: new Map(),
      accessEntries: new Map(),
      associations: new Map(),
      fargateProfiles: new Map(),
      updates: [],
      answers: new Map(),
      ...change,
    };
    this.eks.state.add(cluster);
    return cluster;
  }

  /** What a cluster says of its control plane, to which nobody is listening. */
  controlPlane(): RunningControlPlane {
    const pair = { certPem: 'certificate', keyPem: 'key' };
    return {
      endpoint: 'https://127.0.0.1:2',
      caPem: 'authority',
      admin: pair,
      authority: pair,
      jwks: {},
      upgrade: async () => undefined,
      stop: async () => undefined,
      exited: new Promise(() => undefined),
    };
  }

  /** A node group of a cluster, at rest. */
  nodegroup(cluster: ClusterRecord, change: Partial<NodegroupRecord> = {}): NodegroupRecord {
    const group: NodegroupRecord = {
      name: 'app',
      arn: homeArn('nodegroup', `${cluster.name}/app/1`),
      createdAt: new Date(0),
      modifiedAt: new Date(0),
      origin: { token: undefined, digest: '' },
      nodeRoleArn: `arn:aws:iam::${home.account}:role/node`,
      subnets: ['subnet-a'],
      instanceTypes: ['m6i.large'],
      instanceTypesGiven: true,
      amiType: 'AL2023_x86_64_STANDARD',
      capacityType: 'ON_DEMAND',
      diskSize: undefined,
      remoteAccess: undefined,
      uuid: '1',
      asgName: 'eks-app-1',
      status: 'ACTIVE',
      version: cluster.version,
      releaseVersion: `${cluster.version}.1-20261013`,
      imageId: 'ami-old',
      scaling: { minSize: 1, maxSize: 3, desiredSize: 2 },
      source: undefined,
      own: undefined,
      instanceProfile: undefined,
      labels: {},
      taints: [],
      updateConfig: { maxUnavailable: 1 },
      nodeRepairConfig: undefined,
      tags: {},
      issues: [],
      ...change,
    };
    cluster.nodegroups.set(group.name, group);
    return group;
  }
}
