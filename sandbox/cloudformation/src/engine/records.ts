import { dependenciesOf } from '../plan/graph.ts';
import type { JsonObject } from '../template/parse.ts';
import type { Engine } from './engine.ts';
import type { StackModel, StackResource } from './stack.ts';

/** A record of a resource that is not yet made. */
export function newRecord(engine: Engine, model: StackModel, logicalId: string, properties: JsonObject): StackResource {
  const declaration = model.template.resources[logicalId];
  if (declaration === undefined) throw new Error(`no resource ${logicalId} in the template`);
  return {
    logicalId,
    type: declaration.type,
    physicalId: undefined,
    status: 'CREATE_IN_PROGRESS',
    reason: undefined,
    changedAt: engine.context.clock.now(),
    properties,
    resolved: properties,
    attributes: {},
    metadata: declaration.metadata,
    deletionPolicy: declaration.deletionPolicy,
    updateReplacePolicy: declaration.updateReplacePolicy,
    dependsOn: dependenciesOf(model.template, model.active).get(logicalId) ?? new Set(),
    generation: 0,
    drift: undefined,
  };
}

/** Takes over what a new template says beside the properties. */
export function adoptDeclaration(model: StackModel, record: StackResource): void {
  const declaration = model.template.resources[record.logicalId];
  if (declaration === undefined) return;
  record.metadata = declaration.metadata;
  record.deletionPolicy = declaration.deletionPolicy;
  record.updateReplacePolicy = declaration.updateReplacePolicy;
  record.dependsOn = dependenciesOf(model.template, model.active).get(record.logicalId) ?? new Set();
}

/** `[A, B]` in order of name, as reasons list resources. */
export function nameList(names: readonly string[]): string {
  return `[${[...names].sort().join(', ')}]`;
}
