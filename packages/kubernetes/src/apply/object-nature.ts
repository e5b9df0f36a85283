import { groupKindOf, groupOf, type KindRef } from '../objects/object-ref.ts';
import type { FieldChange } from './diff-fields.ts';

/** What a change does to those who use the cluster: DESIGN §3. */
export type ChangeClass = 'none' | 'safe' | 'rolling' | 'disruptive' | 'replace' | 'one-way';

/** Order inside a component: each phase is done before the next begins. */
export const phases = ['namespaces', 'definitions', 'settings', 'workloads', 'hooks'] as const;
export type Phase = (typeof phases)[number];

const settings = new Set([
  'ConfigMap',
  'LimitRange',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Secret',
  'Service',
  'ServiceAccount',
  'PriorityClass.scheduling.k8s.io',
  'StorageClass.storage.k8s.io',
  'RuntimeClass.node.k8s.io',
  'IngressClass.networking.k8s.io',
  'NetworkPolicy.networking.k8s.io',
]);
/** Late, as they answer for others: before what serves them is there they would stop everything else. */
const hooks = new Set([
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'APIService.apiregistration.k8s.io',
]);
const definition = 'CustomResourceDefinition.apiextensions.k8s.io';

export function phaseOf(ref: KindRef): Phase {
  const groupKind = groupKindOf(ref);
  if (groupKind === 'Namespace') return 'namespaces';
  if (groupKind === definition) return 'definitions';
  if (hooks.has(groupKind)) return 'hooks';
  return settings.has(groupKind) || groupOf(ref.apiVersion) === 'rbac.authorization.k8s.io' ? 'settings' : 'workloads';
}

const dataBearing = new Set(['Namespace', definition, 'PersistentVolume', 'PersistentVolumeClaim']);

/** What takes data with it when it is deleted: never pruned without being told so. */
export function isDataBearing(ref: KindRef): boolean {
  return dataBearing.has(groupKindOf(ref));
}

const withTemplate = new Set([
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'ReplicaSet.apps',
  'ReplicationController',
]);
const serving = new Set([
  ...withTemplate,
  'Pod',
  'Job.batch',
  'CronJob.batch',
  'Service',
  'Ingress.networking.k8s.io',
  'APIService.apiregistration.k8s.io',
  'StorageClass.storage.k8s.io',
]);

export function classOfUpdate(ref: KindRef, fields: readonly FieldChange[]): ChangeClass {
  const movesPods = withTemplate.has(groupKindOf(ref)) && fields.some(({ path }) => path.startsWith('spec.template'));
  return movesPods ? 'rolling' : 'safe';
}

export function classOfPrune(ref: KindRef): ChangeClass {
  if (isDataBearing(ref)) return 'one-way';
  return serving.has(groupKindOf(ref)) ? 'disruptive' : 'safe';
}

/** How an object is deleted to be made anew: a StatefulSet leaves its pods for the next one to adopt. */
export function propagationForReplace(ref: KindRef): 'Orphan' | 'Foreground' {
  return groupKindOf(ref) === 'StatefulSet.apps' ? 'Orphan' : 'Foreground';
}
