import type { Place } from '@roadstead/sandbox-gateway';
import type { ParameterValues } from '../template/parameters.ts';
import type { JsonObject } from '../template/parse.ts';
import type { DeletionPolicy, Template } from '../template/template.ts';
import type { Tag } from '../types/handler.ts';

/** A template with everything that its evaluation needs and a request decides. */
export interface StackModel {
  readonly template: Template;
  readonly templateBody: string;
  readonly parameters: ParameterValues;
  readonly conditions: Readonly<Record<string, boolean>>;
  /** The resources that their conditions keep, in the template's order. */
  readonly active: readonly string[];
  readonly tags: readonly Tag[];
  readonly capabilities: readonly string[];
  /** Zone names of the stack's region. */
  readonly zones: readonly string[];
}

/** A resource of a stack, with what was last put in force. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  physicalId: string | undefined;
  status: string;
  reason: string | undefined;
  changedAt: number;
  /** Evaluated, with tags of the stack, dynamic references unresolved: what the next update compares with. */
  properties: JsonObject;
  /** The same with dynamic references resolved: what the handler was given. */
  resolved: JsonObject;
  attributes: JsonObject;
  metadata: JsonObject | undefined;
  deletionPolicy: DeletionPolicy;
  updateReplacePolicy: DeletionPolicy;
  dependsOn: ReadonlySet<string>;
  /** Counts physical resources made for this name: part of generated names. */
  generation: number;
  drift: ResourceDrift | undefined;
}

export type ResourceDriftStatus = 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'NOT_CHECKED';

export interface PropertyDifference {
  readonly PropertyPath: string;
  readonly ExpectedValue: string;
  readonly ActualValue: string;
  readonly DifferenceType: 'ADD' | 'REMOVE' | 'NOT_EQUAL';
}

export interface ResourceDrift {
  readonly status: ResourceDriftStatus;
  readonly at: number;
  readonly expected: JsonObject;
  readonly actual: JsonObject | undefined;
  readonly differences: readonly PropertyDifference[];
}

export interface StackEvent {
  readonly eventId: string;
  readonly operationId: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly at: number;
  readonly status: string;
  readonly reason: string | undefined;
  readonly properties: string | undefined;
  readonly clientToken: string | undefined;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** What an update came from and did so far: what rolling back needs, also later. */
export interface Transaction {
  readonly before: StackModel;
  readonly resources: ReadonlyMap<string, StackResource>;
  readonly outputs: readonly StackOutput[];
  /** Physical resources that are to go when the operation has succeeded. */
  readonly superseded: PhysicalResource[];
  /** Physical resources that the update made. */
  readonly made: PhysicalResource[];
  /** Logical ids whose live resource may differ from `resources`. */
  readonly touched: Set<string>;
}

/** One physical resource with what its deletion needs. */
export interface PhysicalResource {
  readonly record: StackResource;
  readonly retain: boolean;
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly description: string | undefined;
  readonly createdAt: number;
  readonly onStackFailure: string | undefined;
  /** DeploymentMode REVERT_DRIFT: compares with the live state and puts back what drifted. */
  readonly revertsDrift: boolean;
  model: StackModel | undefined;
  status: 'CREATE_PENDING' | 'CREATE_IN_PROGRESS' | 'CREATE_COMPLETE' | 'FAILED' | 'DELETE_COMPLETE';
  executionStatus:
    | 'UNAVAILABLE'
    | 'AVAILABLE'
    | 'EXECUTE_IN_PROGRESS'
    | 'EXECUTE_COMPLETE'
    | 'EXECUTE_FAILED'
    | 'OBSOLETE';
  reason: string | undefined;
  changes: readonly JsonObject[];
  readonly origin: Origin;
  /** What the stack's role becomes when it is executed. */
  readonly roleArn: string | undefined;
  /** The operation of the stack that it was computed after. */
  readonly basedOn: string;
}

/** The request that began something: the same token with the same content is the same request. */
export interface Origin {
  readonly token: string | undefined;
  readonly digest: string;
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly place: Place;
  readonly createdAt: number;
  updatedAt: number | undefined;
  deletedAt: number | undefined;
  status: string;
  reason: string | undefined;
  model: StackModel | undefined;
  resources: Map<string, StackResource>;
  outputs: readonly StackOutput[];
  readonly events: StackEvent[];
  readonly changeSets: Map<string, ChangeSet>;
  /** The change set that the present state came from. */
  changeSetId: string | undefined;
  disableRollback: boolean;
  onFailure: 'ROLLBACK' | 'DO_NOTHING' | 'DELETE';
  terminationProtection: boolean;
  timeoutMinutes: number | undefined;
  roleArn: string | undefined;
  retainExceptOnCreate: boolean;
  transaction: Transaction | undefined;
  operationId: string;
  clientToken: string | undefined;
  /** The CreateStack or UpdateStack request that began the last operation; `undefined` when another kind did. */
  origin: Origin | undefined;
  /** Ends the running operation's waits; the reason is what the cancelled resources say. */
  cancel: AbortController | undefined;
  drift: { status: 'DRIFTED' | 'IN_SYNC' | 'NOT_CHECKED'; at: number | undefined };
  deletionMode: string | undefined;
  /** Resources left alone by a forced or retaining delete. */
  readonly lastOperations: { OperationType: string; OperationId: string }[];
}

/** Whether the stack's name is free for another one. */
export function isGone(stack: Stack): boolean {
  return stack.status === 'DELETE_COMPLETE';
}
