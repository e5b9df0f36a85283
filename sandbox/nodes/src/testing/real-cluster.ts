import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@roadstead/foundation';
import { binaryProvider, type ControlPlane, startControlPlane } from '@roadstead/sandbox-control-plane';
import type { ServiceContext } from '@roadstead/sandbox-gateway';
import { KubeApi } from '../kube/kube-api.ts';
import type { KubeObject } from '../kube/objects.ts';
import { openKubeletGate } from '../kubelet/kubelet-gate.ts';
import type { Clusters, ClusterView } from '../ports.ts';
import { type SandboxNodes, startNodes } from '../start-nodes.ts';
import { createFakeAws, type FakeAws, fakeRoleArn } from './fake-aws.ts';

/** A real control plane beside an AWS in memory, with nodes playing on it. */
export interface RealCluster {
  readonly aws: FakeAws;
  readonly plane: ControlPlane;
  readonly cluster: ClusterView;
  readonly nodes: SandboxNodes;
  readonly api: KubeApi;
  /** Polls until the question has an answer; rejects with the question's name after 30 s. */
  until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T>;
  object<T extends KubeObject>(path: string): Promise<T | undefined>;
  readonly logged: object[];
  close(): Promise<void>;
}

const serviceCidr = '172.20.0.0/16';

export async function startRealCluster(env: NodeJS.ProcessEnv): Promise<RealCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-nodes-'));
  const cacheDirectory = join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'roadstead');
  const binaries = binaryProvider({ cacheDirectory, env });
  const gate = await openKubeletGate(directory);
  const egress = join(directory, 'egress.yaml');
  await writeFile(egress, gate.egressConfiguration);
  const plane = await startControlPlane({
    extraFlags: { 'kube-apiserver': [`--egress-selector-config-file=${egress}`] },
    binaries,
    minor: '1.36',
    directory,
    serviceCidr,
    issuerUrl: 'https://oidc.test/id/A',
    clusterName: 'shop',
  });
  const aws = createFakeAws();
  const cluster: ClusterView = {
    account: '123456789012',
    region: 'eu-central-1',
    name: 'shop',
    id: 'A',
    minor: '1.36',
    endpoint: plane.endpoint,
    caPem: plane.caPem,
    admin: plane.adminCertificate,
    serviceCidr,
    clusterSecurityGroupId: aws.clusterSecurityGroupId,
    vpcId: aws.vpcId,
  };
  const logged: object[] = [];
  const stop = new AbortController();
  const context: ServiceContext = {
    backend: aws,
    clock: systemClock,
    pace: { factor: 120, floorMs: 100 },
    directory,
    signal: stop.signal,
    log: (fields, message) => logged.push({ ...fields, message }),
  };
  const nodes = startNodes(context, {
    clusters: only(cluster),
    trustOf: () => ({ authority: plane.authority, gate }),
    sweepMs: 200,
  });
  const api = new KubeApi({
    endpoint: plane.endpoint,
    caPem: plane.caPem,
    certPem: plane.adminCertificate.certPem,
    keyPem: plane.adminCertificate.keyPem,
  });
  return {
    aws,
    plane,
    cluster,
    nodes,
    api,
    logged,
    until: (what, ask) => until(what, ask, logged),
    object: (path) => api.get(path),
    close: async () => {
      await nodes.close();
      stop.abort();
      await api.close();
      await plane.stop();
      await gate.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function only(cluster: ClusterView): Clusters {
  return {
    list: () => [cluster],
    nodeGroups: () => [],
    accessEntryOf: (_cluster, roleArn) => (roleArn === fakeRoleArn ? { type: 'EC2_LINUX' } : undefined),
    onChange: () => () => undefined,
  };
}

async function until<T>(what: string, ask: () => Promise<T | undefined>, logged: readonly object[]): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await systemClock.sleep(100);
  }
  throw new Error(`waited 30 s for: ${what}; last log lines: ${JSON.stringify(logged.slice(-5))}`);
}
