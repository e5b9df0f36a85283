import type { AwsError } from '@roadstead/sandbox-gateway';
import type { AccessScope, AuthenticationMode } from '../model.ts';
import { type Principal, parsePrincipal } from '../shared/arns.ts';
import { type ErrorSubject, invalidParameter, invalidRequest } from '../shared/errors.ts';

export const entryTypes = [
  'STANDARD',
  'EC2_LINUX',
  'EC2_WINDOWS',
  'FARGATE_LINUX',
  'EC2',
  'HYBRID_LINUX',
  'HYPERPOD_LINUX',
];

/** Access entries are read and written only where the cluster's mode has them. */
export function refuseMode(name: string, mode: AuthenticationMode): AwsError | undefined {
  if (mode !== 'CONFIG_MAP') return undefined;
  return invalidRequest(
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    { clusterName: name },
  );
}

export interface EntryRequest {
  readonly clusterName: string;
  readonly principalArn: string;
  readonly type: string;
  readonly username: string | undefined;
  readonly groups: readonly string[];
}

export function refuseEntry(entry: EntryRequest): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: entry.clusterName };
  const principal = parsePrincipal(entry.principalArn);
  if (principal === undefined) {
    return invalidParameter('The specified principalArn is invalid: invalid principal.', subject);
  }
  if (principal.kind === 'role' && entry.principalArn.includes(':role/aws-service-role/')) {
    return invalidParameter('The caller is not allowed to create access entries for service-linked roles.', subject);
  }
  if (!entryTypes.includes(entry.type))
    return invalidParameter(`The specified type ${entry.type} is invalid.`, subject);
  if (entry.type !== 'STANDARD') return refuseNodeEntry(entry, principal, subject);
  return refuseGroups(entry.groups, subject) ?? refuseUsername(entry.username, subject);
}

function refuseNodeEntry(entry: EntryRequest, principal: Principal, subject: ErrorSubject): AwsError | undefined {
  if (principal.kind !== 'role') {
    return invalidParameter(`An access entry of type ${entry.type} must be for an IAM role.`, subject);
  }
  if (entry.groups.length > 0) {
    return invalidParameter(`The kubernetesGroups parameter can't be specified for type ${entry.type}.`, subject);
  }
  if (entry.username === undefined) return undefined;
  return invalidParameter(`The username parameter can't be specified for type ${entry.type}.`, subject);
}

export function refuseGroups(groups: readonly string[], subject: ErrorSubject): AwsError | undefined {
  const reserved = groups.find((group) => /^(system:|eks:|aws:|amazon:|iam:)/.test(group));
  if (reserved === undefined) return undefined;
  const prefix = reserved.slice(0, reserved.indexOf(':') + 1);
  return invalidParameter(`The kubernetes group name ${reserved} is invalid, it cannot start with ${prefix}`, subject);
}

export function refuseUsername(username: string | undefined, subject: ErrorSubject): AwsError | undefined {
  if (username === undefined) return undefined;
  const reserved = /^(system:|eks:|aws:|amazon:|iam:)/.exec(username)?.[0];
  if (reserved !== undefined) {
    return invalidParameter(`The username ${username} is invalid, it cannot start with ${reserved}`, subject);
  }
  const templates = username.match(/\{\{[^}]*\}\}/g) ?? [];
  const unknown = templates.find((one) => !['{{SessionName}}', '{{SessionNameRaw}}', '{{AccountID}}'].includes(one));
  if (unknown !== undefined) return invalidParameter(`The username template ${unknown} is unknown`, subject);
  const session = username.indexOf('{{SessionName');
  if (session >= 0 && !username.slice(0, session).includes(':')) {
    return invalidParameter('The username must have a colon before {{SessionName}}', subject);
  }
  return undefined;
}

/** The name an entry gets when the request has none. */
export function defaultUsername(type: string, principal: Principal): string {
  if (type === 'EC2_LINUX' || type === 'EC2_WINDOWS' || type === 'EC2') return 'system:node:{{EC2PrivateDNSName}}';
  if (type === 'FARGATE_LINUX' || type === 'HYBRID_LINUX' || type === 'HYPERPOD_LINUX')
    return 'system:node:{{SessionName}}';
  if (principal.kind === 'user') return principal.arn;
  return `arn:aws:sts::${principal.account}:assumed-role/${principal.name}/{{SessionName}}`;
}

/** Groups that the type itself gives. */
export function groupsOfType(type: string): readonly string[] {
  return type === 'STANDARD' ? [] : ['system:nodes'];
}

export function refuseScope(clusterName: string, type: string, scope: AccessScope): AwsError | undefined {
  const subject: ErrorSubject = { clusterName };
  if (type !== 'STANDARD') {
    return invalidRequest(`Access policies can't be associated with an access entry of type ${type}.`, subject);
  }
  if (scope.type === 'namespace' && scope.namespaces.length === 0) {
    return invalidParameter('The namespaces must be specified when the access scope type is namespace.', subject);
  }
  if (scope.type === 'cluster' && scope.namespaces.length > 0) {
    return invalidParameter("The namespaces can't be specified when the access scope type is cluster.", subject);
  }
  const bad = scope.namespaces.find((name) => !/^[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?$/.test(name));
  return bad === undefined ? undefined : invalidParameter(`The namespace ${bad} is invalid.`, subject);
}
