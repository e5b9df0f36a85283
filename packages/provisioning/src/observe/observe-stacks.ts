import type { Stack } from '@aws-sdk/client-cloudformation';
import { type Clock, type JsonObject, mapBounded } from '@roadstead/foundation';
import { isAbsent, orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import { stackNameOf } from '../plan/stack-name.ts';
import { clusterTag, isOurs } from '../plan/tags.ts';
import type { ObservedStack, ResourceDrift } from './observed.ts';
import { allPages } from './plain.ts';

export interface StackLook {
  readonly reader: AwsReader;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Drift detection per stack takes seconds to a minute. */
  readonly drift: boolean;
  /** Multiplies every wait between polls; 1 on AWS. */
  readonly pollScale: number;
}

/** The cluster's stacks: those named, and those whose tag names the cluster. Templates and drift included. */
export async function observeStacks(
  look: StackLook,
  cluster: string,
  names: readonly string[],
): Promise<{ readonly [stackName: string]: ObservedStack }> {
  const all = await listStacks(look);
  const wanted = all.filter((stack) => isOfCluster(stack.StackName ?? '', tagsOf(stack), cluster, names));
  const observed = await mapBounded(wanted, 4, (stack) => completeStack(look, stack));
  return Object.fromEntries(observed.map((stack) => [stack.stackName, stack]));
}

/** By tag, by name, or by a name that only this cluster's stacks should have; never another cluster's. */
function isOfCluster(
  stackName: string,
  tags: Readonly<Record<string, string>>,
  cluster: string,
  names: readonly string[],
): boolean {
  if (isOurs(tags, cluster) || names.includes(stackName)) return true;
  return tags[clusterTag] === undefined && stackName.startsWith(stackNameOf(cluster, ''));
}

/** One stack by name or id, without drift; undefined when there is none. A deleted one is only found by id. */
export async function describeStack(
  reader: AwsReader,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<ObservedStack | undefined> {
  const answer = await orAbsent(reader.read('cloudformation', 'DescribeStacks', { StackName: nameOrId }, signal));
  const stack = answer?.Stacks?.[0];
  return stack === undefined ? undefined : toObserved(stack);
}

/** The template that the stack was last given, when it is JSON as Roadstead sends it. */
export async function readTemplate(
  reader: AwsReader,
  stackName: string,
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  const answer = await orAbsent(
    reader.read('cloudformation', 'GetTemplate', { StackName: stackName, TemplateStage: 'Original' }, signal),
  );
  return parseTemplate(answer?.TemplateBody);
}

function parseTemplate(body: string | undefined): JsonObject | undefined {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(body) as JsonObject;
  } catch {
    return undefined;
  }
}

function listStacks(look: StackLook): Promise<Stack[]> {
  return allPages(
    (token) =>
      look.reader.read(
        'cloudformation',
        'DescribeStacks',
        token === undefined ? {} : { NextToken: token },
        look.signal,
      ),
    (page) => page.Stacks,
    (page) => page.NextToken,
  );
}

async function completeStack(look: StackLook, stack: Stack): Promise<ObservedStack> {
  const observed = toObserved(stack);
  const template = await readTemplate(look.reader, observed.stackName, look.signal);
  const drifts = look.drift && isDriftTold(observed.status) ? await detectDrift(look, observed.stackName) : undefined;
  return {
    ...observed,
    ...(template === undefined ? {} : { template }),
    ...(drifts === undefined ? {} : { drifts }),
  };
}

/** Only stacks at rest can be asked for drift. */
function isDriftTold(status: string): boolean {
  return /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(status);
}

async function detectDrift(look: StackLook, stackName: string): Promise<readonly ResourceDrift[] | undefined> {
  const { reader, clock, signal } = look;
  const begun = await reader
    .read('cloudformation', 'DetectStackDrift', { StackName: stackName }, signal)
    .catch((error: unknown) => {
      // Another detection runs, or the stack has moved on: drift is then unknown, and the rest of the plan still right.
      if (error instanceof Error && (error.name === 'ValidationError' || isAbsent(error))) return undefined;
      throw error;
    });
  const id = begun?.StackDriftDetectionId;
  if (id === undefined) return undefined;
  const deadline = clock.monotonic() + 300_000;
  for (let wait = 250; clock.monotonic() < deadline; wait = Math.min(wait * 1.5, 5_000)) {
    const state = await reader.read(
      'cloudformation',
      'DescribeStackDriftDetectionStatus',
      { StackDriftDetectionId: id },
      signal,
    );
    if (state.DetectionStatus !== 'DETECTION_IN_PROGRESS') return readDrifts(look, stackName);
    await clock.sleep(Math.max(100, wait * look.pollScale), signal);
  }
  return undefined;
}

async function readDrifts(look: StackLook, stackName: string): Promise<readonly ResourceDrift[]> {
  const found = await allPages(
    (token) =>
      look.reader.read(
        'cloudformation',
        'DescribeStackResourceDrifts',
        {
          StackName: stackName,
          StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
          ...(token === undefined ? {} : { NextToken: token }),
        },
        look.signal,
      ),
    (page) => page.StackResourceDrifts,
    (page) => page.NextToken,
  );
  return found.map((drift) => ({
    logicalId: drift.LogicalResourceId ?? '',
    type: drift.ResourceType ?? '',
    ...(drift.PhysicalResourceId === undefined ? {} : { physicalId: drift.PhysicalResourceId }),
    status: drift.StackResourceDriftStatus === 'DELETED' ? ('DELETED' as const) : ('MODIFIED' as const),
    differences: (drift.PropertyDifferences ?? []).map((difference) => ({
      path: difference.PropertyPath ?? '',
      ...(difference.ExpectedValue === undefined ? {} : { expected: difference.ExpectedValue }),
      ...(difference.ActualValue === undefined ? {} : { actual: difference.ActualValue }),
    })),
  }));
}

function tagsOf(stack: Stack): Record<string, string> {
  return Object.fromEntries((stack.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

function toObserved(stack: Stack): ObservedStack {
  const changedAt = stack.LastUpdatedTime ?? stack.CreationTime;
  const exports = (stack.Outputs ?? []).flatMap(({ ExportName }) => ExportName ?? []);
  return {
    stackName: stack.StackName ?? '',
    stackId: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    ...(stack.StackStatusReason === undefined ? {} : { statusReason: stack.StackStatusReason }),
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map((parameter) => [parameter.ParameterKey ?? '', parameter.ParameterValue ?? '']),
    ),
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map((output) => [output.OutputKey ?? '', output.OutputValue ?? '']),
    ),
    ...(exports.length === 0 ? {} : { exports }),
    tags: tagsOf(stack),
    terminationProtection: stack.EnableTerminationProtection === true,
    changedAt: changedAt === undefined ? '' : changedAt.toISOString(),
  };
}
