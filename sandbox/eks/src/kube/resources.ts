/** Where the API server serves a kind. Only kinds that EKS itself installs or looks at. */
export interface ResourcePlace {
  readonly plural: string;
  readonly namespaced: boolean;
}

const places: Readonly<Record<string, ResourcePlace>> = {
  APIService: { plural: 'apiservices', namespaced: false },
  ClusterRole: { plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { plural: 'clusterrolebindings', namespaced: false },
  ConfigMap: { plural: 'configmaps', namespaced: true },
  CSIDriver: { plural: 'csidrivers', namespaced: false },
  CustomResourceDefinition: { plural: 'customresourcedefinitions', namespaced: false },
  DaemonSet: { plural: 'daemonsets', namespaced: true },
  Deployment: { plural: 'deployments', namespaced: true },
  Namespace: { plural: 'namespaces', namespaced: false },
  Node: { plural: 'nodes', namespaced: false },
  Pod: { plural: 'pods', namespaced: true },
  PodDisruptionBudget: { plural: 'poddisruptionbudgets', namespaced: true },
  Role: { plural: 'roles', namespaced: true },
  RoleBinding: { plural: 'rolebindings', namespaced: true },
  Service: { plural: 'services', namespaced: true },
  StorageClass: { plural: 'storageclasses', namespaced: false },
  ServiceAccount: { plural: 'serviceaccounts', namespaced: true },
};

export interface ObjectAddress {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The request path of one object, or of its collection when no name is given. */
export function pathOf(address: ObjectAddress): string {
  const place = places[address.kind];
  if (place === undefined) throw new Error(`kind ${address.kind} is not in the table`);
  const root = address.apiVersion.includes('/') ? `/apis/${address.apiVersion}` : `/api/${address.apiVersion}`;
  const namespace = place.namespaced && address.namespace !== undefined ? `/namespaces/${address.namespace}` : '';
  const name = address.name === undefined ? '' : `/${encodeURIComponent(address.name)}`;
  return `${root}${namespace}/${place.plural}${name}`;
}
