import type { Place } from '@roadstead/sandbox-gateway';
import type { CarriedType } from '../spec/carried-types.ts';
import type { JsonObject } from '../template/parse.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What a handler works with for one resource of one stack. */
export interface ResourceContext {
  readonly place: Place;
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** `aws:cloudformation:stack-name`, `stack-id` and `logical-id`. */
  readonly systemTags: readonly Tag[];
  /** A name of `stack-resource-XXXX` made for this physical resource; the same one each time it is asked for. */
  physicalName(maxLength: number): string;
  /** Calls AWS. Rejects with `CallFailed`. */
  call(service: string, operation: string, input: JsonObject): Promise<JsonObject>;
}

/** A resource as AWS has it: what can be read back of its properties, and what `Fn::GetAtt` may name. */
export interface LiveResource {
  readonly properties: JsonObject;
  readonly attributes: JsonObject;
}

export interface UsualSeconds {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

/**
 * One resource type. Properties arrive evaluated, in the types of the specification, and only those of `properties`.
 * Handlers never wait and never record events; the engine does.
 */
export interface ResourceHandler {
  readonly type: CarriedType;
  /** The properties that are carried; a template that sets another one is refused. */
  readonly properties: readonly string[];
  /** The attributes that `read` gives. */
  readonly attributes: readonly string[];
  /** The property that gives the resource a name of the user's choice: such a one cannot be replaced under its name. */
  readonly nameProperty?: string;
  readonly usualSeconds: UsualSeconds;
  /** Calls `made` as soon as there is something to delete, before any further call that may fail. */
  create(context: ResourceContext, desired: JsonObject, made: (physicalId: string) => void): Promise<void>;
  /** `undefined` when there is no such resource. `desired` tells what to read where AWS cannot be asked by id alone. */
  read(context: ResourceContext, physicalId: string, desired: JsonObject): Promise<LiveResource | undefined>;
  /** Changes in place what does not ask for replacement. */
  update(context: ResourceContext, physicalId: string, before: JsonObject, after: JsonObject): Promise<void>;
  /** Absent already is success. */
  delete(context: ResourceContext, physicalId: string, properties: JsonObject): Promise<void>;
  /** For changes that replace under circumstances: whether this one does. Without it they all do. */
  replaces?(before: JsonObject, after: JsonObject): boolean;
}

/** An AWS call that was refused, told as CloudFormation's events tell it. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly code: string;

  constructor(code: string, reason: string, cause: unknown) {
    super(reason, { cause });
    this.code = code;
  }
}

/** A refusal of the handler itself, told as CloudFormation's resource handlers tell it. */
export function handlerRefusal(message: string, code = 'InvalidRequest'): CallFailed {
  return new CallFailed(code, `Resource handler returned message: "${message}" (HandlerErrorCode: ${code})`, undefined);
}
