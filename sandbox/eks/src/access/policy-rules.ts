/** One rule of an access policy, as RBAC writes rules; `*` is all. */
export interface PolicyRule {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const viewRules: readonly PolicyRule[] = [
  {
    groups: ['apps'],
    resources: [
      'controllerrevisions',
      ...['daemonsets', 'deployments', 'replicasets', 'statefulsets'].flatMap((kind) => [kind, `${kind}/status`]),
      ...['deployments', 'replicasets', 'statefulsets'].map((kind) => `${kind}/scale`),
    ],
    verbs: read,
  },
  { groups: ['autoscaling'], resources: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'], verbs: read },
  { groups: ['batch'], resources: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], verbs: read },
  { groups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { groups: ['networking.k8s.io'], resources: ['ingresses', 'ingresses/status', 'networkpolicies'], verbs: read },
  { groups: ['policy'], resources: ['poddisruptionbudgets', 'poddisruptionbudgets/status'], verbs: read },
  {
    groups: [''],
    resources: [
      ...['bindings', 'configmaps', 'endpoints', 'events', 'limitranges', 'namespaces', 'namespaces/status'],
      ...['persistentvolumeclaims', 'persistentvolumeclaims/status', 'pods', 'pods/log', 'pods/status'],
      ...['replicationcontrollers', 'replicationcontrollers/scale', 'replicationcontrollers/status'],
      ...['resourcequotas', 'resourcequotas/status', 'serviceaccounts', 'services', 'services/status'],
    ],
    verbs: read,
  },
];

const podWays = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'];

const editRules: readonly PolicyRule[] = [
  ...viewRules,
  {
    groups: ['apps'],
    resources: [
      ...['daemonsets', 'deployments', 'deployments/rollback', 'deployments/scale', 'replicasets'],
      ...['replicasets/scale', 'statefulsets', 'statefulsets/scale'],
    ],
    verbs: write,
  },
  { groups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: write },
  { groups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: write },
  { groups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: write },
  { groups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
  { groups: [''], resources: [...podWays, 'secrets', 'services/proxy'], verbs: read },
  {
    groups: [''],
    resources: [
      ...['configmaps', 'events', 'persistentvolumeclaims', 'pods', ...podWays, 'replicationcontrollers'],
      ...['replicationcontrollers/scale', 'secrets', 'serviceaccounts', 'services', 'services/proxy'],
    ],
    verbs: write,
  },
  { groups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { groups: [''], resources: ['serviceaccounts/token', 'pods/eviction'], verbs: ['create'] },
];

const adminRules: readonly PolicyRule[] = [
  ...editRules,
  { groups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
  { groups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'], verbs: [...read, ...write] },
];

export interface AccessPolicy {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** Verbs on paths that are no resources, as `/metrics`; only ever given by a cluster scope. */
  readonly nonResourceVerbs: readonly string[];
}

/** The policies that can be associated. Those of Auto Mode, hybrid nodes and capabilities are not played. */
export const accessPolicies: readonly AccessPolicy[] = [
  { name: 'AmazonEKSAdminPolicy', rules: adminRules, nonResourceVerbs: [] },
  {
    name: 'AmazonEKSAdminViewPolicy',
    rules: [{ groups: ['*'], resources: ['*'], verbs: read }],
    nonResourceVerbs: ['get'],
  },
  {
    name: 'AmazonEKSClusterAdminPolicy',
    rules: [{ groups: ['*'], resources: ['*'], verbs: ['*'] }],
    nonResourceVerbs: ['*'],
  },
  { name: 'AmazonEKSEditPolicy', rules: editRules, nonResourceVerbs: [] },
  { name: 'AmazonEKSViewPolicy', rules: viewRules, nonResourceVerbs: [] },
];

export function policyArn(name: string): string {
  return `arn:aws:eks::aws:cluster-access-policy/${name}`;
}

export function policyByArn(arn: string): AccessPolicy | undefined {
  return accessPolicies.find((policy) => policyArn(policy.name) === arn);
}
