export {
  type ApplyContext,
  type ApplyPart,
  type ApplyProgress,
  applyComponent,
  type ComponentResult,
} from './apply/apply-component.ts';
export { applyRelease } from './apply/apply-release.ts';
export { applySetIdOf, fieldManager, inventoryNamespace, parentNameOf, partOfLabel } from './apply/applyset.ts';
export { diffFields, type FieldChange } from './apply/diff-fields.ts';
export { type ChangeClass, isDataBearing, type Phase, phaseOf } from './apply/object-nature.ts';
export { observeRelease } from './apply/observe-release.ts';
export { type PlanPolicy, planObjects } from './apply/plan-objects.ts';
export { type PlanOptions, planRelease } from './apply/plan-release.ts';
export { pruneRelease } from './apply/prune-release.ts';
export {
  blockersOf,
  type FieldConflict,
  isPlanEmpty,
  type ObjectChange,
  type ObservedRelease,
  type ReleaseComponent,
  type ReleasePlan,
} from './apply/release-types.ts';
export { waitEstablished, waitGone } from './apply/wait-for.ts';
export { type ApiCatalog, findMapping, preferredMapping } from './client/api-catalog.ts';
export type { ApplyOptions } from './client/apply-request.ts';
export {
  anonymous,
  type Credential,
  type CredentialSource,
  clientCertificate,
  refreshingCredentials,
  staticToken,
} from './client/credentials.ts';
export {
  type AccessQuestion,
  type ClientOptions,
  createKubernetesClient,
  type DeleteOptions,
  type DryRunner,
  type KubernetesClient,
  type KubernetesReader,
  type KubernetesWriter,
  type PatchType,
  type PodLogOptions,
  type ReadOnlyKubernetesClient,
  requestsAtOnce,
} from './client/kubernetes-client.ts';
export type { ListOptions, ListResult } from './client/list.ts';
export type { ResourceMapping } from './client/resource-path.ts';
export { type ApiStatus, KubernetesStatusError, type StatusCause } from './client/status-error.ts';
export type { WatchEvent, WatchOptions } from './client/watch.ts';
export type { TakenName } from './kubeconfig/choose-name.ts';
export { type ExecPlugin, execCredentials } from './kubeconfig/exec-credentials.ts';
export { type KubeconfigAccess, type KubeconfigOptions, readKubeconfig } from './kubeconfig/read-kubeconfig.ts';
export {
  type KubeconfigEntry,
  removeKubeconfigEntry,
  type WriteKubeconfigOptions,
  type WrittenEntry,
  withKubeconfigEntry,
  withoutKubeconfigEntry,
  writeKubeconfigEntry,
} from './kubeconfig/write-kubeconfig.ts';
export {
  type ManifestObject,
  type ManifestProblem,
  type Manifests,
  parseManifests,
  withoutDuplicates,
} from './manifests/parse-manifests.ts';
export { isKubernetesObject, type KubernetesObject, type ObjectMeta } from './objects/kubernetes-object.ts';
export {
  compareRefs,
  describeRef,
  groupKindOf,
  type KindRef,
  keyOf,
  type ObjectRef,
  refOf,
} from './objects/object-ref.ts';
export type { PodPointer, Readiness } from './readiness/readiness.ts';
export { type Related, readinessOf } from './readiness/readiness-of.ts';
export { type WaitOptions, type WaitProgress, waitReady } from './readiness/wait-ready.ts';
