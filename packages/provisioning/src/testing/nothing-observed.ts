import type { ObservedAws } from '../observe/observed.ts';

/** The cluster `shop` before there is anything of it. */
export const nothingObserved: ObservedAws = {
  cluster: 'shop',
  account: '123456789012',
  region: 'eu-central-1',
  stacks: {},
  nodeGroups: {},
  addons: {},
  accessEntries: {},
  podIdentityAssociations: [],
  subnets: [],
};
