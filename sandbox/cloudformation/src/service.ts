import { randomUUID } from 'node:crypto';
import { AwsError, type AwsService, type ServiceContext } from '@roadstead/sandbox-gateway';
import type { Engine } from './engine/engine.ts';
import { operations, uncarriedMember } from './operations/table.ts';
import { validationError } from './template/errors.ts';
import type { ResourceHandler } from './types/handler.ts';
import { resourceHandlers } from './types/registry.ts';

export interface CloudFormationOptions {
  /** Makes the ids of stacks, events and operations. */
  readonly newId?: () => string;
  /** The resource types that templates may hold. */
  readonly handlers?: readonly ResourceHandler[];
}

/** What `inventory` tells of one stack. */
export interface StackInventory {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly resources: readonly string[];
}

export interface CloudFormationService extends AwsService {
  /** The stacks that are not deleted, with the resources they hold. */
  inventory(): StackInventory[];
}

/** CloudFormation for the sandbox: stacks live in memory, their resources in whatever `context.backend` reaches. */
export function createCloudFormationService(
  context: ServiceContext,
  options: CloudFormationOptions = {},
): CloudFormationService {
  const handlers = options.handlers ?? resourceHandlers;
  const engine: Engine = {
    context,
    newId: options.newId ?? randomUUID,
    handlers: new Map(handlers.map((handler) => [handler.type, handler])),
    stacks: [],
    detections: new Map(),
  };
  return {
    service: 'cloudformation',
    operations: new Set(operations.keys()),
    handle: async (request) => {
      const operation = operations.get(request.operation);
      if (operation === undefined) {
        throw new AwsError('InvalidAction', `The action ${request.operation} is not carried by the sandbox`, 400);
      }
      const uncarried = uncarriedMember(operation, request.input);
      if (uncarried !== undefined) throw validationError(`${uncarried} is not carried by the sandbox`);
      return operation.run(engine, request);
    },
    inventory: () => inventoryOf(engine),
  };
}

function inventoryOf(engine: Engine): StackInventory[] {
  return engine.stacks
    .filter((stack) => stack.status !== 'DELETE_COMPLETE')
    .map((stack) => ({
      account: stack.place.account,
      region: stack.place.region,
      name: stack.name,
      id: stack.id,
      status: stack.status,
      resources: [...stack.resources.keys()].sort(),
    }));
}
