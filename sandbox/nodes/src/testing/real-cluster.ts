import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@roadstead/foundation';
import { binaryProvider, type ControlPlane, startControlPlane } from '@roadstead/sandbox-control-plane';
import type { Backend, ServiceContext } from '@roadstead/sandbox-gateway';
import { KubeApi } from '../kube/kube-api.ts';
import type { KubeObject } from '../kube/objects.ts';
import { openKubeletGate } from '../kubelet/kubelet-gate.ts';
import type { Clusters, ClusterView } from '../ports.ts';
import { type SandboxNodes, startNodes } from '../start-nodes.ts';

/** The AWS that the nodes live in: moto, or one in memory. */
export interface AwsUnderTest {
  readonly backend: Backend;
  readonly vpcId: string;
  readonly clusterSecurityGroupId: string;
  readonly roleArn: string;
}

/** A real control plane with nodes playing on it. */
export interface RealCluster {
  readonly plane: ControlPlane;
  readonly cluster: ClusterView;
  readonly nodes: SandboxNodes;
  readonly api: KubeApi;
  /** Polls until the question has an answer; rejects with the question's name after 30 s. */
  until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T>;
  object<T extends KubeObject>(path: string): Promise<T | undefined>;
  /** Standard output of kubectl as an administrator. */
  kubectl(...args: readonly string[]): Promise<string>;
  readonly logged: object[];
  close(): Promise<void>;
}

const run = promisify(execFile);
const serviceCidr = '172.20.0.0/16';

export async function startRealCluster(env: NodeJS.ProcessEnv, aws: AwsUnderTest): Promise<RealCluster> {
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
    backend: aws.backend,
    clock: systemClock,
    pace: { factor: 120, floorMs: 100 },
    directory,
    signal: stop.signal,
    log: (fields, message) => logged.push({ ...fields, message }),
  };
  const nodes = startNodes(context, {
    clusters: only(cluster, aws.roleArn),
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
    plane,
    cluster,
    nodes,
    api,
    logged,
    until: (what, ask) => until(what, ask, logged),
    object: (path) => api.get(path),
    kubectl: async (...args) => {
      const config = `${plane.directory}/config/admin.kubeconfig`;
      const options = { env: { HOME: directory }, timeout: 30_000 };
      return (await run(plane.kubectlPath, ['--kubeconfig', config, ...args], options)).stdout;
    },
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

function only(cluster: ClusterView, nodeRoleArn: string): Clusters {
  return {
    list: () => [cluster],
    accessEntryOf: (_cluster, roleArn) => (roleArn === nodeRoleArn ? { type: 'EC2_LINUX' } : undefined),
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
