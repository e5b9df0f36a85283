import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { lookUp } from '../aws/iam.ts';
import { requireUsable } from '../clusters/cluster-status.ts';
import { type Eks, type Handlers, isRepeat, now, originOf } from '../deps.ts';
import type { AccessEntryRecord, AccessScope, AssociatedPolicy, ClusterRecord } from '../model.ts';
import { type Principal, parsePrincipal, samePrincipal } from '../shared/arns.ts';
import { invalidParameter, invalidRequest, limitExceeded, notFound, raise, resourceInUse } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, has, requiredText, text, textMap, texts, within } from '../shared/read.ts';
import { accessEntryOf } from '../state.ts';
import { refuseTags, tagsMember } from '../tags/tag-rules.ts';
import { newEntry } from './creator-admin.ts';
import {
  defaultUsername,
  groupsOfType,
  refuseEntry,
  refuseGroups,
  refuseMode,
  refuseScope,
  refuseUsername,
} from './entry-rules.ts';
import { accessPolicies, policyArn, policyByArn } from './policy-rules.ts';

const entriesPerCluster = 1000;

export const accessHandlers: Handlers = {
  async CreateAccessEntry(eks, request) {
    const { input } = request;
    const cluster = writableCluster(eks, request);
    const principalArn = requiredText(input, 'principalArn');
    const type = text(input, 'type') ?? 'STANDARD';
    const username = text(input, 'username');
    const groups = texts(input, 'kubernetesGroups') ?? [];
    raise(refuseEntry({ clusterName: cluster.name, principalArn, type, username, groups }));
    const tags = textMap(input, 'tags');
    refuseTags(tags);
    const repeated = knownEntry(cluster, request, principalArn);
    if (repeated !== undefined) return { accessEntry: entryView(cluster, repeated) };
    const { principal, id } = await requirePrincipal(eks, cluster, principalArn);
    knownEntry(cluster, request, principalArn);
    const entry = newEntry(eks, cluster, {
      principalArn,
      principalId: id,
      type,
      username: username ?? defaultUsername(type, principal),
      groups: [...groupsOfType(type), ...groups],
      tags,
      origin: originOf(request),
    });
    cluster.accessEntries.set(principalArn, entry);
    eks.state.changed();
    return { accessEntry: entryView(cluster, entry) };
  },

  async DescribeAccessEntry(eks, request) {
    const cluster = clusterWithEntries(eks, request);
    return { accessEntry: entryView(cluster, entryIn(cluster, request)) };
  },

  async ListAccessEntries(eks, request) {
    const cluster = clusterWithEntries(eks, request);
    const policy = text(request.input, 'associatedPolicyArn');
    const arns = [...cluster.accessEntries.values()]
      .filter((entry) => policy === undefined || entry.policies.has(policy))
      .map((entry) => entry.principalArn);
    const shown = page(arns, request, (arn) => arn);
    return { accessEntries: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async UpdateAccessEntry(eks, request) {
    const { input } = request;
    const cluster = writableCluster(eks, request);
    const entry = entryIn(cluster, request);
    const subject = { clusterName: cluster.name };
    if (entry.type !== 'STANDARD' && (has(input, 'kubernetesGroups') || has(input, 'username'))) {
      throw invalidRequest(`An access entry of type ${entry.type} can't be changed.`, subject);
    }
    const groups = texts(input, 'kubernetesGroups');
    const username = text(input, 'username');
    raise(refuseGroups(groups ?? [], subject) ?? refuseUsername(username, subject));
    entry.groups = groups ?? entry.groups;
    entry.username = username ?? entry.username;
    entry.modifiedAt = now(eks);
    eks.state.changed();
    return { accessEntry: entryView(cluster, entry) };
  },

  async DeleteAccessEntry(eks, request) {
    const cluster = writableCluster(eks, request);
    cluster.accessEntries.delete(entryIn(cluster, request).principalArn);
    eks.state.changed();
    return {};
  },

  async AssociateAccessPolicy(eks, request) {
    const cluster = writableCluster(eks, request);
    const entry = entryIn(cluster, request);
    const arn = requiredText(request.input, 'policyArn');
    if (policyByArn(arn) === undefined) {
      throw invalidParameter(
        "The policyArn parameter format is not valid or the policy doesn't exist. You can view the available policies with 'list-access-policies'.",
        { clusterName: cluster.name },
      );
    }
    const scope = scopeOf(within(request.input, 'accessScope'));
    raise(refuseScope(cluster.name, entry.type, scope));
    const at = now(eks);
    const associated = {
      policyArn: arn,
      scope,
      associatedAt: entry.policies.get(arn)?.associatedAt ?? at,
      modifiedAt: at,
    };
    entry.policies.set(arn, associated);
    eks.state.changed();
    return {
      clusterName: cluster.name,
      principalArn: entry.principalArn,
      associatedAccessPolicy: associatedView(associated),
    };
  },

  async DisassociateAccessPolicy(eks, request) {
    const cluster = writableCluster(eks, request);
    const entry = entryIn(cluster, request);
    if (!entry.policies.delete(requiredText(request.input, 'policyArn'))) {
      throw notFound('The specified policyArn is not associated with the access entry.', { clusterName: cluster.name });
    }
    eks.state.changed();
    return {};
  },

  async ListAssociatedAccessPolicies(eks, request) {
    const cluster = clusterWithEntries(eks, request);
    const entry = entryIn(cluster, request);
    const shown = page([...entry.policies.values()], request, (policy) => policy.policyArn);
    return {
      clusterName: cluster.name,
      principalArn: entry.principalArn,
      associatedAccessPolicies: shown.items.map(associatedView),
      ...defined({ nextToken: shown.nextToken }),
    };
  },

  async ListAccessPolicies(_eks, request) {
    const shown = page(accessPolicies, request, (policy) => policy.name);
    return {
      accessPolicies: shown.items.map(({ name }) => ({ name, arn: policyArn(name) })),
      ...defined({ nextToken: shown.nextToken }),
    };
  },
};

function clusterWithEntries(eks: Eks, request: AwsRequest): ClusterRecord {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  raise(refuseMode(cluster.name, cluster.authenticationMode));
  return cluster;
}

/** A cluster whose entries may be changed: not one that comes up, goes, or never came up. While it updates they may. */
function writableCluster(eks: Eks, request: AwsRequest): ClusterRecord {
  const cluster = clusterWithEntries(eks, request);
  if (cluster.status !== 'UPDATING') requireUsable(cluster);
  return cluster;
}

function entryIn(cluster: ClusterRecord, request: AwsRequest): AccessEntryRecord {
  return accessEntryOf(cluster, requiredText(request.input, 'principalArn'));
}

/** The entry when this very request made it; any other entry of the principal is in the way. */
function knownEntry(cluster: ClusterRecord, request: AwsRequest, principalArn: string): AccessEntryRecord | undefined {
  const wanted = parsePrincipal(principalArn);
  const known = [...cluster.accessEntries.values()].find((entry) => {
    const principal = parsePrincipal(entry.principalArn);
    return wanted !== undefined && principal !== undefined && samePrincipal(principal, wanted);
  });
  if (known === undefined || isRepeat(originOf(request), known.origin)) return known;
  throw resourceInUse('The specified access entry resource is already in use on this cluster.', {
    clusterName: cluster.name,
  });
}

async function requirePrincipal(
  eks: Eks,
  cluster: ClusterRecord,
  arn: string,
): Promise<{ readonly principal: Principal; readonly id: string }> {
  if (cluster.accessEntries.size >= entriesPerCluster) {
    throw limitExceeded(`A cluster can have at most ${entriesPerCluster} access entries`, {
      clusterName: cluster.name,
    });
  }
  const principal = parsePrincipal(arn);
  const live = principal === undefined ? undefined : await lookUp(eks, cluster.place.region, principal);
  if (principal === undefined || live === undefined) {
    throw invalidParameter('The specified principalArn is invalid: invalid principal.', { clusterName: cluster.name });
  }
  return { principal, id: live.id };
}

function scopeOf(input: Readonly<Record<string, unknown>>): AccessScope {
  return {
    type: text(input, 'type') === 'namespace' ? 'namespace' : 'cluster',
    namespaces: texts(input, 'namespaces') ?? [],
  };
}

function entryView(cluster: ClusterRecord, entry: AccessEntryRecord): Record<string, unknown> {
  return {
    clusterName: cluster.name,
    principalArn: entry.principalArn,
    kubernetesGroups: entry.groups,
    accessEntryArn: entry.arn,
    createdAt: entry.createdAt,
    modifiedAt: entry.modifiedAt,
    ...tagsMember(entry.tags),
    username: entry.username,
    type: entry.type,
  };
}

function associatedView(policy: AssociatedPolicy): Record<string, unknown> {
  return {
    policyArn: policy.policyArn,
    accessScope: { type: policy.scope.type, namespaces: policy.scope.namespaces },
    associatedAt: policy.associatedAt,
    modifiedAt: policy.modifiedAt,
  };
}
