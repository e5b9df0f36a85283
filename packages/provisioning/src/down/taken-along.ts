import type { Change } from '@roadstead/definition';
import type { ObservedAws } from '../observe/observed.ts';
import { isOurs } from '../plan/tags.ts';
import { makerOf } from './leftovers.ts';

/** The field of the control plane's line that names what others made inside and EKS takes with it, one field for each. */
const field = 'takenAlong';

/**
 * Add-ons, people's access entries and pod identity associations that others made in our cluster: they keep nothing from
 * being deleted, and nobody should miss them unwarned. What EKS itself made (entries of nodes, associations of add-ons)
 * goes without a word.
 */
export function takenAlongFields(observed: ObservedAws): Change['fields'] {
  const { cluster } = observed;
  const isForeign = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => !isOurs(tags, cluster);
  const parts = [
    ...Object.values(observed.addons)
      .filter(isForeign)
      .map(({ name, tags }) => ({ what: `add-on ${name}`, tags })),
    ...Object.values(observed.accessEntries)
      .filter((entry) => isForeign(entry) && entry.type === 'STANDARD')
      .map(({ principalArn, tags }) => ({ what: `access entry of ${principalArn}`, tags })),
    ...observed.podIdentityAssociations
      .filter((association) => isForeign(association) && association.ownerArn === undefined)
      .map(({ namespace, serviceAccount, tags }) => ({ what: `pod identity of ${namespace}/${serviceAccount}`, tags })),
  ];
  return parts.map(({ what, tags }) => ({ path: field, from: `${what}, made by ${makerOf({ tags })}` }));
}

/** What of others goes with the things that a line removes, in words with their makers. */
export function takenAlong({ fields }: Pick<Change, 'fields'>): readonly string[] {
  return fields.filter(({ path }) => path === field).map(({ from }) => String(from));
}
