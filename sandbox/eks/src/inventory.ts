import type { EksState } from './state.ts';

export interface InventoryItem {
  readonly account: string;
  readonly region: string;
  readonly type: string;
  readonly id: string;
}

/** Every thing the service holds, in the order it was made. */
export function inventoryOf(state: EksState): readonly InventoryItem[] {
  return state.clusters().flatMap((cluster) => {
    const item = (type: string) => (id: string) => ({ ...cluster.place, type, id });
    return [
      item('eks:cluster')(cluster.arn),
      ...[...cluster.nodegroups.values()].map((group) => item('eks:nodegroup')(group.arn)),
      ...[...cluster.fargateProfiles.values()].map((profile) => item('eks:fargate-profile')(profile.arn)),
      ...[...cluster.addons.values()].map((addon) => item('eks:addon')(addon.arn)),
      ...[...cluster.accessEntries.values()].map((entry) => item('eks:access-entry')(entry.principalArn)),
      ...[...cluster.associations.values()].map((association) => item('eks:pod-identity-association')(association.arn)),
    ];
  });
}
