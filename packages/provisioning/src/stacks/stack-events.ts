import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { AwsReader } from '../calls/aws-port.ts';

export interface ResourceEvent {
  readonly eventId: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** About the stack itself, not about one of its resources. */
  readonly ofStack: boolean;
}

const beginnings = new Set(['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS', 'IMPORT_IN_PROGRESS']);

/** A rollback belongs to the operation that failed, unless somebody asked for it. */
function begins({ ofStack, status, reason }: ResourceEvent): boolean {
  if (!ofStack) return false;
  return beginnings.has(status) || (status === 'UPDATE_ROLLBACK_IN_PROGRESS' && reason === 'User Initiated');
}

/** Events of the operation that runs, or ran last, oldest first. Those of earlier operations are not read. */
export async function readEvents(reader: AwsReader, stackId: string, signal: AbortSignal): Promise<ResourceEvent[]> {
  const events: ResourceEvent[] = [];
  let token: string | undefined;
  do {
    const input = { StackName: stackId, ...(token === undefined ? {} : { NextToken: token }) };
    const page = await reader.read('cloudformation', 'DescribeStackEvents', input, signal);
    for (const raw of page.StackEvents ?? []) {
      const event = toEvent(raw);
      events.push(event);
      if (begins(event)) return events.toReversed();
    }
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return events.toReversed();
}

/**
 * The first real cause of a failed operation: the earliest failed resource whose reason is its own, not that a sibling
 * failed. `events` are oldest first.
 */
export function firstFailure(events: readonly ResourceEvent[]): ResourceEvent | undefined {
  const failed = events.filter((event) => event.status.endsWith('_FAILED'));
  const real = failed.filter((event) => !/cancell?ed/i.test(event.reason ?? ''));
  return (
    real.find((event) => !event.ofStack) ??
    real[0] ??
    failed[0] ??
    events.find((event) => /ROLLBACK/.test(event.status))
  );
}

/** When each resource's current work began, by logical id: the latest event that says IN_PROGRESS after one that did not. */
export function beganAt(events: readonly ResourceEvent[], upTo: ResourceEvent): number {
  const of = events.filter((event) => event.logicalId === upTo.logicalId && event.at <= upTo.at);
  const verb = upTo.status.split('_')[0];
  return of.find((event) => event.status.startsWith(`${verb}_IN_PROGRESS`))?.at ?? upTo.at;
}

function toEvent(event: StackEvent): ResourceEvent {
  return {
    eventId: event.EventId ?? '',
    logicalId: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    ...(event.ResourceStatusReason === undefined ? {} : { reason: event.ResourceStatusReason }),
    at: event.Timestamp?.getTime() ?? 0,
    ofStack: event.ResourceType === 'AWS::CloudFormation::Stack' && event.PhysicalResourceId === event.StackId,
  };
}
