import type { KubeObject } from '../../kube/kube-client.ts';
import { flag, whole, within } from '../../shared/read.ts';
import { type AddonFacts, allMinors, type CatalogueAddon } from './catalogue-addon.ts';
import {
  clusterAccess,
  daemonSet,
  deployment,
  disruptionBudget,
  image,
  labels,
  namespace,
  objectSchema,
  placementSchema,
  serviceAccount,
  tolerateAll,
} from './parts.ts';

const app = 'aws-ebs-csi-driver';

const controllerRules = [
  {
    apiGroups: [''],
    resources: ['persistentvolumes'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
  },
  {
    apiGroups: [''],
    resources: ['persistentvolumeclaims', 'nodes', 'pods'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
  {
    apiGroups: ['storage.k8s.io'],
    resources: [
      'storageclasses',
      'csinodes',
      'volumeattachments',
      'volumeattachments/status',
      'volumeattributesclasses',
    ],
    verbs: ['get', 'list', 'watch', 'patch', 'update'],
  },
];

/** The controller, which makes volumes, and the node plugin, which mounts them. */
export const ebsCsiDriver: CatalogueAddon = {
  name: app,
  type: 'storage',
  owner: 'aws',
  publisher: 'eks',
  namespace,
  requiresIam: true,
  podIdentity: [
    {
      serviceAccount: 'ebs-csi-controller-sa',
      recommendedManagedPolicies: ['arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy'],
    },
  ],
  releases: [
    { version: 'v1.57.0-eksbuild.1', minors: allMinors, isDefault: false },
    { version: 'v1.55.1-eksbuild.1', minors: allMinors, isDefault: true },
  ],
  schema: objectSchema({
    controller: objectSchema({
      ...placementSchema,
      extraVolumeTags: { type: 'object' },
      replicaCount: { type: 'integer', minimum: 1 },
      loggingFormat: { type: 'string', enum: ['text', 'json'] },
    }),
    defaultStorageClass: objectSchema({ enabled: { type: 'boolean' } }),
    node: objectSchema({
      ...placementSchema,
      tolerateAllTaints: { type: 'boolean' },
      reservedVolumeAttachments: { type: 'integer' },
      volumeAttachLimit: { type: 'integer' },
    }),
    sidecars: { type: 'object' },
  }),
  objects: (facts) => [
    serviceAccount('ebs-csi-controller-sa', facts),
    serviceAccount('ebs-csi-node-sa'),
    ...clusterAccess('ebs-external-provisioner-role', 'ebs-csi-controller-sa', controllerRules),
    ...clusterAccess('ebs-csi-node-role', 'ebs-csi-node-sa', [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
    ]),
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: 'ebs.csi.aws.com', labels: labels(app) },
      spec: { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: 'File' },
    },
    ...defaultClass(facts),
    disruptionBudget('ebs-csi-controller', { app: 'ebs-csi-controller' }),
    controller(facts),
    nodePlugin(facts),
  ],
};

function defaultClass(facts: AddonFacts): readonly KubeObject[] {
  if (flag(within(facts.values, 'defaultStorageClass'), 'enabled') !== true) return [];
  return [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: 'ebs-csi-default-sc',
        labels: labels(app),
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: 'ebs.csi.aws.com',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
  ];
}

function controller(facts: AddonFacts): KubeObject {
  const values = within(facts.values, 'controller');
  const sidecars = ['csi-provisioner', 'csi-attacher', 'csi-snapshotter', 'csi-resizer', 'liveness-probe'];
  return deployment(
    {
      name: 'ebs-csi-controller',
      app,
      selector: { app: 'ebs-csi-controller' },
      account: 'ebs-csi-controller-sa',
      priorityClassName: 'system-cluster-critical',
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      values,
      containers: [
        {
          name: 'ebs-plugin',
          image: image(facts, 'eks/aws-ebs-csi-driver', facts.version.replace(/-eksbuild.*/, '')),
          args: [
            'controller',
            '--endpoint=unix:///var/lib/csi/sockets/pluginproxy/csi.sock',
            `--k8s-tag-cluster-id=${facts.clusterName}`,
          ],
          resources: { limits: { memory: '256Mi' }, requests: { cpu: '10m', memory: '40Mi' } },
        },
        ...sidecars.map((name) => ({ name, image: image(facts, `eks/${name}`, 'v6.1.0-eksbuild.2') })),
      ],
    },
    whole(values, 'replicaCount') ?? 2,
  );
}

function nodePlugin(facts: AddonFacts): KubeObject {
  const values = within(facts.values, 'node');
  const everywhere = flag(values, 'tolerateAllTaints') ?? true;
  return daemonSet({
    name: 'ebs-csi-node',
    app,
    selector: { app: 'ebs-csi-node' },
    account: 'ebs-csi-node-sa',
    priorityClassName: 'system-node-critical',
    tolerations: everywhere ? tolerateAll : [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
    values: everywhere ? { ...values, tolerations: tolerateAll } : values,
    containers: [
      {
        name: 'ebs-plugin',
        image: image(facts, 'eks/aws-ebs-csi-driver', facts.version.replace(/-eksbuild.*/, '')),
        args: ['node', '--endpoint=unix:/csi/csi.sock'],
        resources: { limits: { memory: '256Mi' }, requests: { cpu: '10m', memory: '40Mi' } },
      },
      { name: 'node-driver-registrar', image: image(facts, 'eks/csi-node-driver-registrar', 'v2.15.0-eksbuild.2') },
      { name: 'liveness-probe', image: image(facts, 'eks/livenessprobe', 'v2.17.0-eksbuild.2') },
    ],
  });
}
