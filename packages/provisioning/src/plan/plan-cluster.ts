import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { desiredCluster } from './desired.ts';
import { at, clusterFields, compareFields, enabledLogTypes, type FieldDifference } from './eks-fields.ts';
import { createdFields, lateMembers, shownFields, whyUpdated, worstClass } from './lines.ts';
import type { PlanScope, Refusal } from './plan-aws.ts';
import { refuseUnlisted } from './refuse-unlisted.ts';
import { isOurs } from './tags.ts';
import { usual } from './usual-seconds.ts';

interface ClusterPlan {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
}

const line = { phase: 'control-plane' as const };

/** The control plane, its version, and how long its logs are kept. */
export function planCluster(scope: PlanScope): ClusterPlan {
  const desired = desiredCluster(scope.release, scope.outputs);
  const name = scope.release.cluster.name;
  const what = `cluster ${name}`;
  const found = scope.observed.eks;
  const retention = planRetention(scope, desired.value);
  const foreign = refuseForeign(scope, what);
  if (foreign !== undefined) return { changes: [], refusals: [foreign] };
  const unlisted = refuseUnlisted(clusterFields, desired.value, what);
  if (found === undefined || found.status === 'DELETING' || found.status === 'FAILED') {
    const change: Change = {
      ...line,
      id: 'eks/cluster',
      action: 'create',
      class: 'safe',
      what,
      why: found === undefined ? 'declared, not there yet' : `${found.status}: made again when it has gone`,
      fields: createdFields(desired.value),
      ...lateMembers(desired.unknown),
      usualSeconds: usual.clusterCreate,
    };
    return { changes: [change, ...retention], refusals: unlisted };
  }
  const differences = compareFields(clusterFields, desired.value, found.described);
  const refusals = [
    ...refuseFields(differences, what),
    ...refuseTakenOff(desired.value, found.described, what),
    ...unlisted,
    ...refuseVersion(scope, what),
  ];
  const changes = [...planFields(scope, differences, what), ...planVersion(scope, what), ...retention];
  return { changes, refusals };
}

function refuseForeign(scope: PlanScope, what: string): Refusal | undefined {
  const found = scope.observed.eks;
  if (found === undefined || isOurs(found.tags, scope.release.cluster.name)) return undefined;
  return {
    code: 'FOREIGN_CLUSTER',
    what,
    message: `an EKS cluster named ${scope.release.cluster.name} is there and was not made by Roadstead`,
    hint: 'rename the cluster in its file',
  };
}

/** A plan that would replace the cluster is refused: a field that no call changes, or not in that direction. */
function refuseFields(differences: readonly FieldDifference[], what: string): Refusal[] {
  return differences
    .filter(({ rule, from, to, unknown }) => unknown.length === 0 && !canChange(rule, from, to))
    .map(({ path, from, to }) => ({
      code: 'WOULD_REPLACE_CLUSTER',
      what,
      message: `${path} cannot be changed without replacing the cluster (there: ${JSON.stringify(from)}, asked for: ${JSON.stringify(to)})`,
      hint: 'put the old value back, or make a new cluster beside this one and move to it',
    }));
}

/**
 * What is given to a cluster once and for good cannot be left out again. For encryption this guards the key: its stack would delete it
 * with the request, and the Secrets with it.
 */
function refuseTakenOff(desired: JsonObject, described: JsonObject, what: string): Refusal[] {
  return clusterFields
    .filter((rule) => rule.how === 'in-place' && rule.class === 'one-way' && rule.once === true)
    .filter((rule) => at(desired, rule.path) === undefined)
    .flatMap((rule) => {
      const there = at(described, rule.path);
      if (there === undefined || (Array.isArray(there) && there.length === 0)) return [];
      const message = `${rule.path} is set for good, and the release no longer states it (there: ${JSON.stringify(there)})`;
      const hint = 'put it back in the file, or make a new cluster beside this one and move to it';
      return [{ code: 'WOULD_REPLACE_CLUSTER', what, message, hint }];
    });
}

function canChange(rule: FieldDifference['rule'], from: unknown, to: unknown): boolean {
  if (rule.how === 'replace') return false;
  if (rule.once === true) return from === undefined || (Array.isArray(from) && from.length === 0);
  const place = (value: unknown) => rule.order?.indexOf(String(value)) ?? -1;
  return place(to) < 0 || place(to) >= place(from);
}

function planFields(scope: PlanScope, differences: readonly FieldDifference[], what: string): Change[] {
  const status = scope.observed.eks?.status ?? '';
  const changed = differences.filter(({ rule }) => rule.how === 'in-place');
  const base = { ...line, id: 'eks/cluster', action: 'update' as const, what, fields: shownFields(changed) };
  if (changed.length === 0) {
    if (status === 'ACTIVE') return [];
    return [{ ...base, class: 'none', why: `${status}: not finished yet`, usualSeconds: usual.clusterCreate }];
  }
  const paths = changed.map(({ path }) => path);
  const classes = changed.map(({ rule }) => (rule.how === 'in-place' ? rule.class : 'replace'));
  return [
    {
      ...base,
      class: worstClass(classes),
      ...whyUpdated(scope, paths),
      ...lateMembers(changed.flatMap(({ unknown }) => unknown)),
      usualSeconds: paths.includes('encryptionConfig') ? usual.clusterEncryption : usual.clusterUpdate,
    },
  ];
}

/** The minor version as a number: 36 of "1.36". */
export function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? Number.NaN);
}

function refuseVersion(scope: PlanScope, what: string): Refusal[] {
  const from = scope.observed.eks?.version ?? '';
  const to = scope.release.kubernetes;
  const step = minorOf(to) - minorOf(from);
  if (step === 0 || step === 1) return [];
  if (step < 0) {
    return [
      {
        code: 'VERSION_DOWNGRADE',
        what,
        message: `the control plane has Kubernetes ${from}, the file asks for ${to}`,
        hint: `set spec.kubernetes to "${from}"; EKS takes a version back only within seven days, and not through up`,
      },
    ];
  }
  return [
    {
      code: 'VERSION_SKIPPED',
      what,
      message: `Kubernetes ${from} to ${to} is more than one minor version; EKS goes one at a time`,
      hint: `set spec.kubernetes to "1.${minorOf(from) + 1}" first`,
    },
  ];
}

function planVersion(scope: PlanScope, what: string): Change[] {
  const from = scope.observed.eks?.version ?? '';
  const to = scope.release.kubernetes;
  if (minorOf(to) - minorOf(from) !== 1) return [];
  return [
    {
      ...line,
      id: 'eks/cluster/version',
      action: 'update',
      class: 'one-way',
      what: `Kubernetes version of ${what}`,
      why: `${to} is declared, ${from} runs; nodes follow afterwards`,
      fields: [{ path: 'version', from, to }],
      usualSeconds: usual.clusterVersion,
    },
  ];
}

/** Retention is set through the Logs API: no template holds the group, which EKS makes and which outlives the cluster. */
function planRetention(scope: PlanScope, request: JsonObject): Change[] {
  if (enabledLogTypes(at(request, 'logging')).length === 0) return [];
  const to = scope.release.eks.logRetentionDays;
  const group = scope.observed.logGroup;
  if (group?.retentionDays === to) return [];
  const from = group === undefined ? undefined : (group.retentionDays ?? 'for ever');
  const why =
    group === undefined
      ? { why: 'the control plane makes the group, kept for ever by default' }
      : whyUpdated(scope, ['retentionInDays']);
  return [
    {
      ...line,
      id: 'logs/retention',
      action: 'update',
      class: 'safe',
      what: `retention of the control plane's logs of ${scope.release.cluster.name}`,
      fields: [{ path: 'retentionInDays', ...(from === undefined ? {} : { from }), to }],
      ...why,
      usualSeconds: usual.quick,
    },
  ];
}
