import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../objects/kubernetes-object.ts';

/** Which cluster an entry is of. The ARN outlives the server, which is another one when the cluster is made anew. */
export interface EntryIdentity {
  readonly server: string;
  readonly arn?: string;
}

/** A name that is not to be had, and the server that it leads to where it leads to one. */
export interface TakenName {
  readonly name: string;
  readonly server?: string;
}

/** `avoided`: the names that would have come first. */
export type NameChoice =
  | { readonly kind: 'chosen'; readonly name: string; readonly avoided: readonly TakenName[] }
  | { readonly kind: 'none'; readonly avoided: readonly TakenName[] };

/** What an entry of ours carries its ARN in. Kubeconfigs keep extensions by name, and kubectl keeps them. */
export const identityExtension = 'roadstead.dev/cluster';

/**
 * The name under which a cluster goes into a kubeconfig: one that it has already, else the first that nobody has. A name that leads
 * anywhere else is never chosen: somebody may be using it. `config` is a parsed kubeconfig, `names` begin with the best.
 */
export function chooseName(config: unknown, names: readonly string[], identity: EntryIdentity): NameChoice {
  const found = isRecord(config) ? config : {};
  const owners = names.map((name) => ({ name, owner: ownerOf(found, name, identity) }));
  const chosen = owners.find(({ owner }) => owner === 'ours') ?? owners.find(({ owner }) => owner === 'free');
  const before =
    chosen?.owner === 'ours' ? [] : owners.slice(0, chosen === undefined ? undefined : owners.indexOf(chosen));
  const avoided = before.flatMap(({ owner }) => (typeof owner === 'string' ? [] : [owner]));
  return chosen === undefined ? { kind: 'none', avoided } : { kind: 'chosen', name: chosen.name, avoided };
}

function ownerOf(config: JsonRecord, name: string, identity: EntryIdentity): 'free' | 'ours' | TakenName {
  const context = entryOf(config, 'contexts', 'context', name);
  const cluster = entryOf(config, 'clusters', 'cluster', name);
  const user = entryOf(config, 'users', 'user', name);
  if (context === undefined && cluster === undefined && user === undefined) return 'free';
  const leadsHere =
    context === undefined || (stringAt(context, 'cluster') === name && stringAt(context, 'user') === name);
  if (leadsHere && cluster !== undefined && isSameCluster(identity, identityOf(cluster))) return 'ours';
  const behind = context === undefined ? name : (stringAt(context, 'cluster') ?? name);
  const server = stringAt(entryOf(config, 'clusters', 'cluster', behind) ?? {}, 'server');
  return { name, ...(server === undefined ? {} : { server }) };
}

/** The member of a named entry; an entry without it is there all the same. */
function entryOf(config: JsonRecord, list: string, member: string, name: string): JsonRecord | undefined {
  const found = recordsAt(config, list).find((entry) => entry.name === name);
  return found === undefined ? undefined : (recordAt(found, member) ?? {});
}

function identityOf(cluster: JsonRecord): EntryIdentity {
  const extension = recordsAt(cluster, 'extensions').find(({ name }) => name === identityExtension);
  const arn = stringAt(recordAt(extension ?? {}, 'extension') ?? {}, 'arn');
  return { server: stringAt(cluster, 'server') ?? '', ...(arn === undefined ? {} : { arn }) };
}

/** By ARN where both have one. A sandbox has the ARNs of AWS, so a server on this machine is never one of AWS's. */
function isSameCluster(a: EntryIdentity, b: EntryIdentity): boolean {
  if (a.arn === undefined || b.arn === undefined) return a.server === b.server;
  return a.arn === b.arn && isLocal(a.server) === isLocal(b.server);
}

function isLocal(server: string): boolean {
  return URL.canParse(server) && /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(server).hostname);
}
