import type { Json, JsonObject } from '@roadstead/foundation';

/** Kinds of Kubernetes itself that have no namespace, by group. */
const clusterKinds: Readonly<Record<string, readonly string[]>> = {
  '': ['ComponentStatus', 'Namespace', 'Node', 'PersistentVolume'],
  'admissionregistration.k8s.io': [
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'authentication.k8s.io': ['SelfSubjectReview', 'TokenReview'],
  'authorization.k8s.io': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'],
  'certificates.k8s.io': ['CertificateSigningRequest', 'ClusterTrustBundle'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'internal.apiserver.k8s.io': ['StorageVersion'],
  'networking.k8s.io': ['IPAddress', 'IngressClass', 'ServiceCIDR'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'resource.k8s.io': ['DeviceClass', 'DeviceTaintRule', 'ResourceSlice'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
  'storagemigration.k8s.io': ['StorageVersionMigration'],
};

/** Groups whose other kinds all have a namespace. */
const builtInGroups = [
  ...Object.keys(clusterKinds),
  'apps',
  'autoscaling',
  'batch',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'policy',
];

export interface KindScopes {
  /** Undefined for kinds that neither Kubernetes nor a CRD of the release defines. */
  isNamespaced(group: string, kind: string): boolean | undefined;
}

/** Knows the scope of kinds: Kubernetes' own, and those of the CRDs among these objects. */
export function kindScopes(objects: readonly JsonObject[]): KindScopes {
  const custom = new Map(objects.flatMap(definitionScope));
  return {
    isNamespaced: (group, kind) => {
      if (!builtInGroups.includes(group)) return custom.get(`${group}/${kind}`);
      return !(clusterKinds[group] ?? []).includes(kind);
    },
  };
}

function definitionScope(object: JsonObject): (readonly [string, boolean])[] {
  if (object['kind'] !== 'CustomResourceDefinition') return [];
  const { group, names, scope } = (object['spec'] ?? {}) as {
    readonly group?: Json;
    readonly names?: { readonly kind?: Json };
    readonly scope?: Json;
  };
  return [[`${String(group)}/${String(names?.kind)}`, scope === 'Namespaced']];
}

/**
 * Gives an object the namespace that it does not name: the component's, else `default`, as kubectl does. Kinds without one, and kinds
 * whose scope only the API server knows, stay as they are.
 */
export function withNamespace(object: JsonObject, namespace: string | undefined, scopes: KindScopes): JsonObject {
  const apiVersion = String(object['apiVersion']);
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const metadata = object['metadata'] as JsonObject;
  if (metadata['namespace'] !== undefined) return object;
  const isNamespaced = scopes.isNamespaced(group, String(object['kind']));
  const inNamespace = isNamespaced === true ? (namespace ?? 'default') : undefined;
  return inNamespace === undefined ? object : { ...object, metadata: { ...metadata, namespace: inNamespace } };
}
