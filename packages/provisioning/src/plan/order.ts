import { type Change, phases } from '@roadstead/definition';

/** The kinds of AWS changes inside a phase, in the order in which they can be made. */
const ranks: readonly { readonly matches: (change: Change) => boolean }[] = [
  { matches: ({ id, action }) => id.startsWith('stack/') && action !== 'delete' },
  { matches: ({ id }) => id === 'eks/cluster' },
  { matches: ({ id }) => id === 'eks/cluster/version' },
  { matches: ({ id }) => id === 'logs/retention' },
  { matches: ({ id, why }) => id.startsWith('eks/access-entry/') && why.startsWith('Roadstead') },
  { matches: ({ id }) => id.startsWith('eks/access-entry/') },
  { matches: ({ id }) => id.startsWith('eks/pod-identity/') },
  { matches: ({ id, action }) => id.startsWith('eks/add-on/') && action !== 'delete' },
  { matches: ({ id }) => id.startsWith('eks/add-on/') },
  { matches: ({ id, action }) => id.startsWith('eks/node-group/') && action !== 'delete' },
  { matches: ({ id }) => id.startsWith('eks/node-group/') },
  { matches: ({ id }) => id.startsWith('stack/') },
];

/**
 * The AWS changes of a plan in batches: a batch waits for all before it; inside one, changes are independent and may run
 * together. Changes of one rank that AWS makes exclude each other (the control plane's updates) get batches of their own by rank.
 */
export function orderAwsChanges(changes: readonly Change[]): Change[][] {
  const placed = changes.map((change) => ({ change, place: placeOf(change) }));
  const places = [...new Set(placed.map(({ place }) => place))].sort((a, b) => a - b);
  return places.map((place) => placed.filter((entry) => entry.place === place).map(({ change }) => change));
}

function placeOf(change: Change): number {
  const rank = ranks.findIndex(({ matches }) => matches(change));
  return phases.indexOf(change.phase) * ranks.length + (rank < 0 ? ranks.length - 1 : rank);
}
