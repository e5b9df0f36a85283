import { mapBounded } from '@roadstead/foundation';
import { AwsError, type Place } from '@roadstead/sandbox-gateway';
import { dependenciesOf } from '../plan/graph.ts';
import { inOrder } from '../plan/plan-changes.ts';
import { validationError } from '../template/errors.ts';
import { type Scope, Unknown } from '../template/evaluate.ts';
import {
  chooseParameters,
  type GivenParameter,
  type ParameterValue,
  type ParameterValues,
  ssmValueType,
} from '../template/parameters.ts';
import { readTemplate, type Template } from '../template/template.ts';
import { type CarriedOf, checkCapabilities, templateLimits, validateTemplate } from '../template/validate.ts';
import type { Tag } from '../types/handler.ts';
import { objectsAt, textAt } from '../types/values.ts';
import { checkAwsParameters } from './aws-parameters.ts';
import { propertyProblem } from './create-stack.ts';
import { checkDynamicReferences, readParameter } from './dynamic-references.ts';
import type { Engine } from './engine.ts';
import { importedValue } from './export-values.ts';
import { evaluateOutputs } from './outputs.ts';
import { evaluateProperties } from './resource-work.ts';
import { evaluateConditions, modelScope, type StackIdentity } from './scope.ts';
import type { StackModel } from './stack.ts';

/** What a request says about a stack's model. */
export interface ModelRequest {
  readonly identity: StackIdentity;
  readonly templateBody: string;
  readonly parameters: readonly GivenParameter[];
  readonly previous: ParameterValues | undefined;
  readonly capabilities: readonly string[];
  readonly tags: readonly Tag[];
}

/** What of a type's properties and attributes the engine's handlers carry. */
export function carriedBy(engine: Engine): CarriedOf {
  return (type) => engine.handlers.get(type);
}

/** Reads and validates a template body within CloudFormation's limits. */
export function readValidTemplate(engine: Engine, body: string): Template {
  const bytes = Buffer.byteLength(body);
  if (bytes > templateLimits.bodyBytes) {
    throw validationError(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${templateLimits.bodyBytes}`,
    );
  }
  const template = readTemplate(body);
  validateTemplate(template, carriedBy(engine));
  for (const resource of Object.values(template.resources)) checkDynamicReferences(resource.properties);
  return template;
}

/** Everything that a request decides about a stack, checked as far as it can be before anything is made. */
export async function prepareModel(engine: Engine, request: ModelRequest): Promise<StackModel> {
  const { identity, templateBody } = request;
  const template = readValidTemplate(engine, templateBody);
  checkCapabilities(template, request.capabilities);
  const chosen = chooseParameters(template, request.parameters, request.previous);
  const parameters = await resolveParameters(engine, identity.place, template, chosen);
  await checkAwsParameters(engine, identity.place, template, parameters);
  const conditions = evaluateConditions(identity, template, parameters);
  const model: StackModel = {
    template,
    templateBody,
    parameters,
    conditions,
    active: Object.entries(template.resources)
      .filter(([, { condition }]) => condition === undefined || conditions[condition] === true)
      .map(([name]) => name),
    tags: checkTags(request.tags),
    capabilities: request.capabilities,
    zones: templateBody.includes('GetAZs') ? await zonesOf(engine, identity.place) : [],
  };
  checkExpressions(engine, identity, model);
  return model;
}

async function resolveParameters(
  engine: Engine,
  place: Place,
  template: Template,
  chosen: Readonly<Record<string, string>>,
): Promise<Record<string, ParameterValue>> {
  const entries = await mapBounded(Object.entries(chosen), 4, async ([name, value]) => {
    const inner = ssmValueType(template.parameters[name]?.type ?? '');
    if (inner === undefined) return [name, { value }] as const;
    return [name, { value, resolved: await readParameter(engine, place, value) }] as const;
  });
  return Object.fromEntries(entries);
}

async function zonesOf(engine: Engine, place: Place): Promise<string[]> {
  const answer = await engine.context.backend.call(place, 'ec2', 'DescribeAvailabilityZones', {});
  return objectsAt(answer, 'AvailabilityZones')
    .map((zone) => textAt(zone, 'ZoneName'))
    .sort();
}

function checkTags(tags: readonly Tag[]): readonly Tag[] {
  const reserved = tags.find((tag) => tag.Key.startsWith('aws:'));
  if (reserved !== undefined) {
    throw validationError(`Tag keys starting with 'aws:' are reserved for internal use (${reserved.Key})`);
  }
  if (tags.length > 50) throw validationError('Number of tags exceeds the maximum of 50');
  if (new Set(tags.map((tag) => tag.Key)).size !== tags.length) throw validationError('Duplicate tag keys found');
  return tags;
}

/** Evaluates every expression once, what is not yet made being unknown: wrong calls and property names show here. */
function checkExpressions(engine: Engine, identity: StackIdentity, model: StackModel): void {
  const scope = unmadeScope(engine, identity, model);
  for (const logicalId of inOrder(dependenciesOf(model.template, model.active))) {
    const { problems } = evaluateProperties(model, logicalId, scope);
    if (problems.length > 0) throw validationError(propertyProblem(logicalId, problems));
  }
  evaluateOutputs(model, scope);
}

/** The scope of a model of which nothing is made. */
export function unmadeScope(engine: Engine, identity: StackIdentity, model: StackModel): Scope {
  return modelScope(identity, model, {
    physicalId: (name) => new Unknown([name]),
    attribute: (name, attribute) => new Unknown([`${name}.${attribute}`]),
    importedValue: (name) => importedValue(engine, identity.place, name),
  });
}

/** Checks that a service role exists, as CloudFormation finds out when it assumes it. */
export async function checkServiceRole(engine: Engine, place: Place, roleArn: string | undefined): Promise<void> {
  if (roleArn === undefined) return;
  const name = roleArn.split('/').at(-1) ?? roleArn;
  try {
    await engine.context.backend.call(place, 'iam', 'GetRole', { RoleName: name });
  } catch (error) {
    if (error instanceof AwsError) throw validationError(`Role ${roleArn} is invalid or cannot be assumed`);
    throw error;
  }
}
