import type { Place } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { evaluateCondition, type Scope } from '../template/evaluate.ts';
import { type ParameterValues, parameterReference } from '../template/parameters.ts';
import type { Template } from '../template/template.ts';
import type { StackModel } from './stack.ts';

/** The stack's own identity, as pseudo parameters tell it. */
export interface StackIdentity {
  readonly place: Place;
  readonly stackId: string;
  readonly stackName: string;
}

/** What expressions may ask of resources and other stacks. */
export interface Lookups {
  physicalId(resource: string): unknown;
  attribute(resource: string, attribute: string): unknown;
  importedValue(name: string): string;
}

/** AWS's pseudo parameters; `undefined` for any other name. */
export function pseudoParameter(identity: StackIdentity, name: string): unknown {
  const { account, region } = identity.place;
  const china = region.startsWith('cn-');
  const values: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': account,
    'AWS::NotificationARNs': [],
    'AWS::Partition': china ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws',
    'AWS::Region': region,
    'AWS::StackId': identity.stackId,
    'AWS::StackName': identity.stackName,
    'AWS::URLSuffix': china ? 'amazonaws.com.cn' : 'amazonaws.com',
  };
  return values[name];
}

/** The scope in which a stack's model is evaluated. */
export function modelScope(identity: StackIdentity, model: StackModel, lookups: Lookups): Scope {
  return {
    value: (name) => valueOf(identity, model.template, model.parameters, name),
    physicalId: (resource) => (model.active.includes(resource) ? lookups.physicalId(resource) : undefined),
    attribute: (resource, attribute) =>
      model.active.includes(resource) ? lookups.attribute(resource, attribute) : undefined,
    condition: (name) => conditionOf(model.conditions, name),
    mapping: (name) => model.template.mappings[name],
    importedValue: (name) => lookups.importedValue(name),
    zones: (region) => {
      if (region === identity.place.region) return model.zones;
      throw validationError(`Template error: Fn::GetAZs of another region (${region}) is not carried by the sandbox`);
    },
  };
}

function valueOf(identity: StackIdentity, template: Template, parameters: ParameterValues, name: string): unknown {
  const declaration = template.parameters[name];
  const value = parameters[name];
  if (declaration !== undefined && value !== undefined) return parameterReference(declaration, value);
  return pseudoParameter(identity, name);
}

function conditionOf(conditions: Readonly<Record<string, boolean>>, name: string): boolean {
  const value = conditions[name];
  if (value !== undefined) return value;
  throw validationError(`Template format error: Unresolved condition dependency ${name}`);
}

/** The truth of every condition of a template. Throws ValidationError for circles and unknown names. */
export function evaluateConditions(
  identity: StackIdentity,
  template: Template,
  parameters: ParameterValues,
): Record<string, boolean> {
  const known: Record<string, boolean> = {};
  const open = new Set<string>();
  const scope: Scope = {
    value: (name) => valueOf(identity, template, parameters, name),
    physicalId: () => undefined,
    attribute: () => undefined,
    mapping: (name) => template.mappings[name],
    importedValue: () => {
      throw validationError('Template error: Fn::ImportValue cannot be used in Conditions');
    },
    zones: () => {
      throw validationError('Template error: Fn::GetAZs cannot be used in Conditions');
    },
    condition: (name) => {
      const done = known[name];
      if (done !== undefined) return done;
      const expression = template.conditions[name];
      if (expression === undefined)
        throw validationError(`Template format error: Unresolved condition dependency ${name}`);
      if (open.has(name))
        throw validationError(`Template format error: Circular dependency between conditions: ${[...open].join(', ')}`);
      open.add(name);
      const value = evaluateCondition(expression, scope);
      open.delete(name);
      known[name] = value;
      return value;
    },
  };
  for (const name of Object.keys(template.conditions)) scope.condition(name);
  return known;
}
