import type { AwsRunContext, Caller } from '@roadstead/provisioning';
import type { StepContext } from './run-plan.ts';
import type { World } from './world.ts';

/** What a step of AWS is made with: the world, and the step's own signal and progress. */
export function awsContext(
  world: World,
  run: { readonly cluster: string; readonly caller: Caller },
  context: StepContext,
): AwsRunContext {
  const { reader, writer, clock, pollScale } = world;
  const { principalArn } = run.caller;
  return {
    reader,
    writer,
    clock,
    pollScale,
    signal: context.signal,
    runId: context.runId,
    cluster: run.cluster,
    onProgress: ({ resource, status, elapsedSeconds, usualSeconds, reason }) =>
      context.onProgress({
        resource,
        status,
        elapsedSeconds,
        usualSeconds,
        ...(reason === undefined ? {} : { reason }),
      }),
    ...(principalArn === undefined ? {} : { ownPrincipalArn: principalArn }),
  };
}
