export { KubeClient, type KubeClientOptions, KubeError, type KubeObject } from './kube/kube-client.ts';
export type {
  ClientCertificate,
  ClusterRef,
  ControlPlaneOptions,
  ControlPlanes,
  EksClusters,
  EksClusterView,
  NodeGroupView,
  NodesPort,
  RunningControlPlane,
  Taint,
  TokenVerdict,
  VerifyPresignedIdentity,
  WebhookAddress,
} from './ports.ts';
export { loopbackTls, type RealControlPlaneOptions, realControlPlanes } from './real-control-planes.ts';
export { createEksService, type EksDependencies, type EksSandbox } from './service.ts';
export type { ServerTls } from './webhook/webhook-server.ts';
