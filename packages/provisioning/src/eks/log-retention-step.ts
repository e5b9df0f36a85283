import type { Change } from '@roadstead/definition';
import type { AwsRunContext, StepResult } from '../execute/context.ts';
import { converge } from '../execute/converge.ts';
import { controlPlaneLogGroup, describeLogGroup } from '../observe/observe-eks.ts';
import { usual } from '../plan/usual-seconds.ts';
import { act } from './eks-write.ts';

/** Sets how long the control plane's logs are kept, once EKS has made the group. */
export function applyLogRetention(
  context: AwsRunContext,
  change: Change,
  retentionInDays: number,
): Promise<StepResult> {
  const logGroupName = controlPlaneLogGroup(context.cluster);
  return converge(context, change, {
    usualSeconds: usual.quick,
    // EKS makes the group some time after the control plane, which may be made at the same time.
    longestSeconds: usual.clusterCreate * 3,
    look: async () => {
      const group = await describeLogGroup(context.reader, context.cluster, context.signal);
      if (group === undefined) return { kind: 'wait', status: 'MISSING', for: `EKS to make ${logGroupName}` };
      if (group.retentionDays === retentionInDays) return { kind: 'done' };
      const input = { logGroupName, retentionInDays };
      return act(`keep logs for ${retentionInDays} days`, () =>
        context.writer.write('logs', 'PutRetentionPolicy', input, context.signal),
      );
    },
  });
}

/** Deletes the control plane's log group. */
export function deleteLogGroup(context: AwsRunContext, change: Change): Promise<StepResult> {
  const logGroupName = controlPlaneLogGroup(context.cluster);
  return converge(context, change, {
    usualSeconds: usual.quick,
    look: async () => {
      const group = await describeLogGroup(context.reader, context.cluster, context.signal);
      if (group === undefined) return { kind: 'done' };
      return act('delete the log group', () =>
        context.writer.write('logs', 'DeleteLogGroup', { logGroupName }, context.signal),
      );
    },
  });
}
