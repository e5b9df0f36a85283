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
  type ReadOnlyKubernetesClient,
} from './client/kubernetes-client.ts';
export type { ListOptions, ListResult } from './client/list.ts';
export type { ResourceMapping } from './client/resource-path.ts';
export { type ApiStatus, KubernetesStatusError, type StatusCause } from './client/status-error.ts';
export type { WatchEvent, WatchOptions } from './client/watch.ts';
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
