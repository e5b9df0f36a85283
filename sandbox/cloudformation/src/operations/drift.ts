import { AwsError } from '@roadstead/sandbox-gateway';
import { detectResourceDrift, driftedCount, runDetection } from '../engine/drift.ts';
import { type DriftDetection, requireStack } from '../engine/engine.ts';
import { hideSecrets } from '../engine/secrets.ts';
import type { Stack, StackResource } from '../engine/stack.ts';
import { validationError } from '../template/errors.ts';
import { optionalText, pageOf, requiredText, texts } from './input.ts';
import type { Operation } from './operation.ts';

const detectable = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
]);

/** DetectStackDrift: looks at the stack's resources beside the request. */
export const detectStackDrift: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  if (!detectable.has(stack.status)) {
    throw validationError(`Drift detection cannot be performed on stack [${stack.id}] while in status ${stack.status}`);
  }
  const running = [...engine.detections.values()].find(
    (each) => each.stack === stack && each.status === 'DETECTION_IN_PROGRESS',
  );
  if (running !== undefined) {
    throw validationError(`Drift detection is already in progress for stack [${stack.id}]`);
  }
  const detection: DriftDetection = {
    id: engine.newId(),
    stack,
    startedAt: engine.context.clock.now(),
    status: 'DETECTION_IN_PROGRESS',
    reason: undefined,
  };
  engine.detections.set(detection.id, detection);
  void runDetection(engine, detection);
  return { StackDriftDetectionId: detection.id };
};

/** DescribeStackDriftDetectionStatus. */
export const describeStackDriftDetectionStatus: Operation = async (engine, { input, account, region }) => {
  const id = requiredText(input, 'StackDriftDetectionId');
  const detection = engine.detections.get(id);
  const place = detection?.stack.place;
  if (detection === undefined || place?.account !== account || place.region !== region) {
    throw new AwsError('ValidationError', `Drift detection operation [${id}] does not exist`, 400);
  }
  const isDone = detection.status === 'DETECTION_COMPLETE';
  return {
    StackId: detection.stack.id,
    StackDriftDetectionId: id,
    DetectionStatus: detection.status,
    ...(detection.reason === undefined ? {} : { DetectionStatusReason: detection.reason }),
    ...(isDone
      ? {
          StackDriftStatus: detection.stack.drift.status,
          DriftedStackResourceCount: driftedCount(detection.stack),
        }
      : {}),
    Timestamp: new Date(detection.startedAt),
  };
};

/** DescribeStackResourceDrifts: what was last found, of resources that were looked at. */
export const describeStackResourceDrifts: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const wanted = texts(input, 'StackResourceDriftStatusFilters');
  const drifts = [...stack.resources.values()]
    .filter(({ drift }) => drift !== undefined && (wanted.length === 0 || wanted.includes(drift.status)))
    .toSorted((a, b) => (a.logicalId < b.logicalId ? -1 : 1))
    .map((resource) => driftOf(stack, resource));
  const size = typeof input['MaxResults'] === 'number' ? input['MaxResults'] : 100;
  const { page, next } = pageOf(drifts, optionalText(input, 'NextToken'), size);
  return { StackResourceDrifts: page, ...next };
};

/** DetectStackResourceDrift: of one resource, at once. */
export const detectStackResourceDrift: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const logicalId = requiredText(input, 'LogicalResourceId');
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) throw validationError(`Resource ${logicalId} does not exist for stack ${stack.name}`);
  await detectResourceDrift(engine, stack, resource);
  return { StackResourceDrift: driftOf(stack, resource) };
};

function driftOf(stack: Stack, resource: StackResource): Record<string, unknown> {
  const { drift } = resource;
  return {
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    ...(resource.physicalId === undefined ? {} : { PhysicalResourceId: resource.physicalId }),
    ResourceType: resource.type,
    ...(drift === undefined ? {} : { ExpectedProperties: hideSecrets(stack.model, JSON.stringify(drift.expected)) }),
    ...(drift?.actual === undefined
      ? {}
      : { ActualProperties: hideSecrets(stack.model, JSON.stringify(drift.actual)) }),
    PropertyDifferences: drift?.differences ?? [],
    StackResourceDriftStatus: drift?.status ?? 'NOT_CHECKED',
    Timestamp: new Date(drift?.at ?? resource.changedAt),
  };
}
