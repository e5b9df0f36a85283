import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError, type AwsService, type ServiceContext } from '@roadstead/sandbox-gateway';
import { Activities } from './activities.ts';
import { stopControlPlane } from './clusters/cluster-lifecycle.ts';
import { clustersOf } from './clusters-view.ts';
import type { Eks } from './deps.ts';
import { eksHandlers } from './handlers.ts';
import { inventoryOf } from './inventory.ts';
import type { ControlPlanes, EksClusters, NodesPort, VerifyPresignedIdentity } from './ports.ts';
import { EksState } from './state.ts';
import { issuerDocument, reviewAccess, reviewToken } from './webhook/reviews.ts';
import { type Route, type ServerTls, startWebhookServer } from './webhook/webhook-server.ts';

export interface EksDependencies {
  readonly controlPlanes: ControlPlanes;
  readonly verify: VerifyPresignedIdentity;
  /** The certificate of the webhook server, good for 127.0.0.1. */
  readonly tls: ServerTls;
  readonly nodes?: NodesPort;
  /** For tests that want the same ids each time. */
  readonly randomHex?: (bytes: number) => string;
  readonly uuid?: () => string;
}

export interface EksSandbox extends AwsService {
  readonly clusters: EksClusters;
  /** What the service holds, by account and region, read without the API: for a before and after comparison. */
  inventory(): readonly {
    readonly account: string;
    readonly region: string;
    readonly type: string;
    readonly id: string;
  }[];
  /** Ends every control plane and the webhook server, and removes their files. Abort the context's signal first. */
  close(): Promise<void>;
}

/** EKS as the gateway serves it: requests become records, records become real control planes, groups and objects. */
export async function createEksService(context: ServiceContext, deps: EksDependencies): Promise<EksSandbox> {
  const state = new EksState();
  const activities = new Activities(context.signal, context.log);
  let eks: Eks | undefined;
  const route: Route = async (method, path, body) => (eks === undefined ? undefined : answer(eks, method, path, body));
  const webhooks = await startWebhookServer(deps.tls, route, context.log);
  eks = {
    context,
    state,
    activities,
    controlPlanes: deps.controlPlanes,
    verify: deps.verify,
    webhooks,
    nodes: deps.nodes,
    randomHex: deps.randomHex ?? ((bytes) => randomBytes(bytes).toString('hex')),
    uuid: deps.uuid ?? (() => randomUUID()),
  };
  return service(eks);
}

function service(eks: Eks): EksSandbox {
  return {
    service: 'eks',
    operations: new Set(Object.keys(eksHandlers)),
    handle: async (request) => {
      const handler = eksHandlers[request.operation];
      if (handler !== undefined) return handler(eks, request);
      throw new AwsError('NotImplementedException', `The sandbox does not implement eks ${request.operation}.`, 501);
    },
    clusters: clustersOf(eks),
    inventory: () => inventoryOf(eks.state),
    close: async () => {
      await eks.activities.settled();
      await Promise.all(eks.state.clusters().map(stopControlPlane));
      await eks.webhooks.close();
    },
  };
}

async function answer(eks: Eks, method: string, path: string, body: unknown): Promise<object | undefined> {
  const [, verb, id = '', ...rest] = path.split('/');
  const cluster = eks.state.byId(id);
  if (cluster === undefined) return undefined;
  if (method === 'POST' && verb === 'authenticate') return reviewToken(eks, cluster, body);
  if (method === 'POST' && verb === 'authorize') return reviewAccess(cluster, body);
  if (method === 'GET' && verb === 'id') return issuerDocument(cluster, rest.join('/'));
  return undefined;
}
