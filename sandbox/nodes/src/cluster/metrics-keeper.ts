import { createServer, type Server } from 'node:https';
import { createAuthority, issueServerCertificate } from '@roadstead/sandbox-control-plane';
import { urlOf } from '../kubelet/request-url.ts';
import { answerMetrics, metricsGroup } from '../metrics/metrics-api.ts';
import type { ClusterContext } from './context.ts';
import type { JoinedNode } from './node-keeper.ts';

const apiService = `v1beta1.${metricsGroup}`;
const apiServicePath = '/apis/apiregistration.k8s.io/v1/apiservices';
const made = { 'sandbox.roadstead.dev/made-for': 'metrics-server' };

/**
 * Plays metrics-server: while its pods are Ready, its Service's address leads here (through the gate of the API server)
 * and `metrics.k8s.io` is registered; when its Service goes, the registration goes too. The API server authorises.
 */
export class MetricsKeeper {
  readonly #context: ClusterContext;
  readonly #hooks: { nodes(): readonly JoinedNode[] };
  #server: { readonly server: Server; readonly port: number } | undefined;
  #address: string | undefined;

  constructor(context: ClusterContext, hooks: { nodes(): readonly JoinedNode[] }) {
    this.#context = context;
    this.#hooks = hooks;
  }

  async pass(): Promise<void> {
    const { mirrors, serving } = this.#context;
    if (serving.gate === undefined) return;
    const service = mirrors.services.get('metrics-server', 'kube-system');
    const address = service?.spec.clusterIP;
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return this.#retire();
    if (address === undefined || address === this.#address || !this.#podReady()) return;
    const port = await this.#listen();
    for (const { port: servicePort } of service.spec.ports ?? []) serving.gate.map(address, servicePort, port);
    await this.#register(service.spec.ports?.[0]?.port ?? 443);
    this.#address = address;
  }

  async close(): Promise<void> {
    this.#server?.server.closeAllConnections();
    const server = this.#server?.server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #podReady(): boolean {
    return this.#context.mirrors.pods.all().some(({ metadata, status }) => {
      const labels = metadata.labels ?? {};
      const named = labels['k8s-app'] === 'metrics-server' || labels['app.kubernetes.io/name'] === 'metrics-server';
      const ready = (status?.conditions ?? []).some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
      return metadata.namespace === 'kube-system' && named && ready;
    });
  }

  async #register(port: number): Promise<void> {
    const { api, signal } = this.#context;
    const spec = {
      group: metricsGroup,
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics-server', namespace: 'kube-system', port },
    };
    const object = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: apiService, labels: made },
      spec,
    };
    await api.create(apiServicePath, object, signal);
  }

  /** A registration that somebody else made is theirs to remove. */
  async #retire(): Promise<void> {
    if (this.#address === undefined) return;
    const { api, signal } = this.#context;
    const registered = await api.get(`${apiServicePath}/${apiService}`, signal);
    const isOurs = registered?.metadata.labels?.['sandbox.roadstead.dev/made-for'] === 'metrics-server';
    if (isOurs) await api.delete(`${apiServicePath}/${apiService}`, {}, signal);
    this.#address = undefined;
  }

  async #listen(): Promise<number> {
    if (this.#server !== undefined) return this.#server.port;
    const now = this.#context.now();
    const certificate = issueServerCertificate(createAuthority('metrics-server', now), ['localhost'], now);
    const server = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (request, response) => {
      const url = urlOf(request.url);
      const answer = url === undefined ? undefined : answerMetrics(url.pathname, url.searchParams, this.#sources());
      const status = answer === undefined ? 404 : 200;
      const body = answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#server = { server, port };
    return port;
  }

  #sources() {
    const { mirrors, now } = this.#context;
    const nodes = this.#hooks.nodes().map(({ name, facts }) => ({
      name,
      labels: mirrors.nodes.get(name)?.metadata.labels ?? {},
      capacity: facts.capacity,
    }));
    return { nodes, pods: mirrors.pods.all(), now: now() };
  }
}
