import { accessHandlers } from './access/access-handlers.ts';
import { addonHandlers } from './addons/addon-handlers.ts';
import { clusterHandlers } from './clusters/cluster-handlers.ts';
import type { Handlers } from './deps.ts';
import { fargateHandlers } from './fargate/fargate-handlers.ts';
import { insightHandlers } from './insights/insight-handlers.ts';
import { nodegroupHandlers } from './nodegroups/nodegroup-handlers.ts';
import { podIdentityHandlers } from './pod-identity/pod-identity-handlers.ts';
import { tagHandlers } from './tags/tag-handlers.ts';
import { updateHandlers } from './updates/update-handlers.ts';

/** Every operation that is played, by its name in the service model. */
export const eksHandlers: Handlers = {
  ...clusterHandlers,
  ...updateHandlers,
  ...accessHandlers,
  ...nodegroupHandlers,
  ...fargateHandlers,
  ...addonHandlers,
  ...podIdentityHandlers,
  ...tagHandlers,
  ...insightHandlers,
};
