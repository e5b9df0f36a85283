export {
  type Authority,
  type Certificate,
  createAuthority,
  createServiceAccountKey,
  issueClientCertificate,
  issueServerCertificate,
  type KeySet,
  keySetOf,
  type ServiceAccountKey,
} from './authority.ts';
export { type DownloadSites, upstreamSites } from './binaries/download.ts';
export { type OnProgress, type Progress, progressLine } from './binaries/progress.ts';
export { resolveApart } from './binaries/resolve-apart.ts';
export { binaryProvider, type ResolveOptions, resolveBinaries } from './binaries/resolve-binaries.ts';
export {
  type Binaries,
  type Binary,
  type BinaryProvider,
  type BinarySource,
  type Component,
  components,
  isMinor,
  type Minor,
  minors,
  releases,
  type Server,
} from './components.ts';
export type { Webhook } from './config-files.ts';
export { type ControlPlane, type ControlPlaneOptions, type ExitReason, startControlPlane } from './control-plane.ts';
