export type { NodeReport } from './cluster/node-keeper.ts';
export {
  controlPlanesWithKubelets,
  type KubeletControlPlaneOptions,
  type KubeletControlPlanes,
} from './kubelet/control-planes.ts';
export { type KubeletGate, openKubeletGate } from './kubelet/kubelet-gate.ts';
export type { KubeletTrust } from './kubelet/serving.ts';
export type {
  ClientCertificate,
  ClusterRef,
  Clusters,
  ClusterView,
  NodeFault,
} from './ports.ts';
export { type ClusterInventory, type NodesOptions, type SandboxNodes, startNodes } from './start-nodes.ts';
