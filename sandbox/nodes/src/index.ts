export type { NodeReport } from './cluster/node-keeper.ts';
export type {
  ClientCertificate,
  ClusterRef,
  Clusters,
  ClusterView,
  NodeFault,
  NodeGroupFacts,
} from './ports.ts';
export { type ClusterInventory, type NodesOptions, type SandboxNodes, startNodes } from './start-nodes.ts';
