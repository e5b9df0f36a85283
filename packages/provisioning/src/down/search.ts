import type { AwsReader } from '../calls/aws-port.ts';
import { clusterTag } from '../plan/tags.ts';
import { isOfKubernetes } from './leftovers.ts';

/** Where to look for what a cluster leaves behind, and what of it our stacks hold. */
export interface Search {
  readonly reader: AwsReader;
  readonly cluster: string;
  /** The account of the cluster: what another one has is not listed to us. */
  readonly account: string;
  /** Absent when neither the stack nor the control plane tells: then only tags are searched by. */
  readonly vpcId?: string;
  /** Physical ids of everything in our stacks. */
  readonly owned: ReadonlySet<string>;
  /** Whether the control plane is there: while it is, what EKS made for it goes with it. */
  readonly hasControlPlane: boolean;
  readonly signal?: AbortSignal;
}

export type Tags = Readonly<Record<string, string>>;

/** A list of tags as AWS answers it, as a map. */
export function toMap(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

/** Whether a thing stands in a stack of ours or carries our tag. */
export function isOwned(search: Pick<Search, 'owned' | 'cluster'>, id: string | undefined, tags: Tags): boolean {
  return search.owned.has(id ?? '') || tags[clusterTag] === search.cluster;
}

/** Whether the cluster's controllers made a thing, the network plugin included. */
export function isOfCluster(search: Pick<Search, 'cluster'>, tags: Tags): boolean {
  return tags['cluster.k8s.amazonaws.com/name'] === search.cluster || isOfKubernetes(tags, search.cluster);
}

/** The request for one page of what EC2 has in a VPC; some operations call the filter `attachment.vpc-id`. */
export function inVpc(vpcId: string, token: string | undefined, filter = 'vpc-id') {
  return { Filters: [{ Name: filter, Values: [vpcId] }], ...nextPage(token) };
}

/** The member that asks EC2 for the next page. */
export function nextPage(token: string | undefined): { readonly NextToken?: string } {
  return token === undefined ? {} : { NextToken: token };
}
