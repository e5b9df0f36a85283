import { AwsError } from '@roadstead/sandbox-gateway';
import { dependenciesOf, nodesOnCycles } from '../plan/graph.ts';
import { resourceSpec } from '../spec/resource-spec.ts';
import { validationError } from './errors.ts';
import { unsupportedFunction } from './evaluate.ts';
import { checkParameterTypes } from './parameters.ts';
import { isJsonObject } from './parse.ts';
import { conditionsIn, knownFunctions, type Reference, referencesIn } from './references.ts';
import type { Template } from './template.ts';

/** What of a resource type the engine can really do; `undefined` for a type without a handler. */
export interface Carried {
  readonly properties: readonly string[];
  readonly attributes: readonly string[];
}

export type CarriedOf = (type: string) => Carried | undefined;

const pseudoParameters = new Set([
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::NotificationARNs',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
]);

/** CloudFormation's limits of one template. */
export const templateLimits = {
  bodyBytes: 51_200,
  resources: 500,
  parameters: 200,
  outputs: 200,
  mappings: 200,
  descriptionBytes: 1024,
  nameCharacters: 255,
};

/** Refuses a template that names what is not there or asks for what is not carried. Throws ValidationError. */
export function validateTemplate(template: Template, carriedOf: CarriedOf): void {
  checkLimits(template);
  checkLengths(template);
  checkParameterTypes(template);
  checkTypes(template, carriedOf);
  const everything = [
    Object.values(template.resources).map((resource) => resource.properties),
    Object.values(template.outputs).map((output) => [output.value, output.exportName]),
    template.conditions,
  ];
  checkFunctions(everything);
  checkConditionNames(template);
  checkReferences(template, carriedOf);
  const circle = nodesOnCycles(dependenciesOf(template, Object.keys(template.resources)));
  const own = Object.keys(template.resources).filter((name) => dependsOnItself(template, name));
  const onCircle = [...new Set([...circle, ...own])].sort();
  if (onCircle.length > 0) throw validationError(`Circular dependency between resources: [${onCircle.join(', ')}]`);
}

function dependsOnItself(template: Template, name: string): boolean {
  const resource = template.resources[name];
  return (
    resource !== undefined &&
    (resource.dependsOn.includes(name) || referencesIn(resource.properties).some((each) => each.name === name))
  );
}

function checkLimits(template: Template): void {
  const sections = ['resources', 'parameters', 'outputs', 'mappings'] as const;
  for (const section of sections) {
    const count = Object.keys(template[section]).length;
    const limit = templateLimits[section];
    if (count > limit) {
      throw validationError(
        `Template format error: Number of ${section}, ${count}, is greater than maximum allowed, ${limit}`,
      );
    }
  }
}

function checkLengths(template: Template): void {
  if (Buffer.byteLength(template.description ?? '') > templateLimits.descriptionBytes) {
    throw validationError(
      `Template format error: 'Description' length is greater than ${templateLimits.descriptionBytes}.`,
    );
  }
  const names = [template.parameters, template.mappings, template.resources, template.outputs].flatMap(Object.keys);
  const long = names.find((name) => name.length > templateLimits.nameCharacters);
  if (long !== undefined) {
    throw validationError(
      `Template format error: name ${long} is longer than ${templateLimits.nameCharacters} characters`,
    );
  }
}

function checkTypes(template: Template, carriedOf: CarriedOf): void {
  const types = new Set(Object.values(template.resources).map((resource) => resource.type));
  const unknown = [...types].filter((type) => carriedOf(type) === undefined || resourceSpec(type) === undefined);
  if (unknown.length > 0) {
    throw validationError(`Template format error: Unrecognized resource types: [${unknown.sort().join(', ')}]`);
  }
  for (const [name, resource] of Object.entries(template.resources)) checkProperties(name, resource, carriedOf);
}

function checkProperties(name: string, resource: Template['resources'][string], carriedOf: CarriedOf): void {
  const known = resourceSpec(resource.type)?.properties ?? {};
  const carried = carriedOf(resource.type)?.properties ?? [];
  for (const property of Object.keys(resource.properties)) {
    if (!Object.hasOwn(known, property)) {
      throw validationError(
        `Properties validation failed for resource ${name} with message:\n[#: extraneous key [${property}] is not permitted]`,
      );
    }
    if (!carried.includes(property)) {
      throw validationError(
        `Property ${property} of ${resource.type} (resource ${name}) is not carried by the sandbox`,
      );
    }
  }
}

function checkFunctions(value: unknown): void {
  if (Array.isArray(value)) return value.forEach(checkFunctions);
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    if (!key.startsWith('Fn::')) continue;
    if (!knownFunctions.has(key)) throw unsupportedFunction(key);
    if (Object.keys(value).length > 1) {
      throw validationError(`Template format error: ${key} must be the only key of its object`);
    }
  }
  for (const member of Object.values(value)) checkFunctions(member);
}

function checkConditionNames(template: Template): void {
  const parts = [...Object.values(template.resources), ...Object.values(template.outputs)];
  const used = [
    ...parts.flatMap((part) => part.condition ?? []),
    ...conditionsIn(
      Object.values(template.resources).map((resource) => resource.properties),
      false,
    ),
    ...conditionsIn(
      Object.values(template.outputs).map((output) => output.value),
      false,
    ),
    ...conditionsIn(Object.values(template.conditions), true),
  ];
  const unknown = used.find((name) => !Object.hasOwn(template.conditions, name));
  if (unknown !== undefined) throw validationError(`Template format error: Unresolved condition dependency ${unknown}`);
}

function checkReferences(template: Template, carriedOf: CarriedOf): void {
  const isResource = (name: string) => Object.hasOwn(template.resources, name);
  const isValue = (name: string) => Object.hasOwn(template.parameters, name) || pseudoParameters.has(name);
  const check = (references: readonly Reference[], block: string) => {
    const open = references.filter(
      ({ name, attribute }) => !isResource(name) && (attribute !== undefined || !isValue(name)),
    );
    const byAttribute = open.find(({ attribute }) => attribute !== undefined);
    if (byAttribute !== undefined) {
      throw validationError(`Template error: instance of Fn::GetAtt references undefined resource ${byAttribute.name}`);
    }
    if (open.length > 0) {
      const names = [...new Set(open.map(({ name }) => name))].sort();
      throw validationError(
        `Template format error: Unresolved resource dependencies [${names.join(', ')}] in the ${block} block of the template`,
      );
    }
    for (const { name, attribute } of references) {
      if (attribute !== undefined) checkAttribute(template, carriedOf, name, attribute);
    }
  };
  for (const resource of Object.values(template.resources)) {
    check([...referencesIn(resource.properties), ...resource.dependsOn.map((name) => ({ name }))], 'Resources');
    const value = resource.dependsOn.find((name) => !isResource(name));
    if (value !== undefined) {
      throw validationError(
        `Template format error: Unresolved resource dependencies [${value}] in the Resources block of the template`,
      );
    }
  }
  for (const output of Object.values(template.outputs))
    check(referencesIn([output.value, output.exportName]), 'Outputs');
  const inConditions = referencesIn(template.conditions).find(({ name }) => !isValue(name));
  if (inConditions !== undefined) {
    throw validationError(
      `Template format error: Unresolved dependencies [${inConditions.name}]. Cannot reference resources in the Conditions block of the template`,
    );
  }
}

function checkAttribute(template: Template, carriedOf: CarriedOf, name: string, attribute: string): void {
  const type = template.resources[name]?.type ?? '';
  const known = resourceSpec(type)?.attributes ?? [];
  if (!known.includes(attribute)) {
    throw validationError(
      `Template error: resource ${name} does not support attribute type ${attribute} in Fn::GetAtt`,
    );
  }
  if (!(carriedOf(type)?.attributes ?? []).includes(attribute)) {
    throw validationError(`Attribute ${attribute} of ${type} (resource ${name}) is not carried by the sandbox`);
  }
}

const named: Readonly<Record<string, string | undefined>> = {
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Policy': undefined,
  'AWS::IAM::Role': 'RoleName',
};

/** The capabilities that a template's resources ask to be acknowledged, and the types that ask. */
export function requiredCapabilities(template: Template): { capabilities: string[]; types: string[] } {
  const resources = Object.values(template.resources).filter(({ type }) => Object.hasOwn(named, type));
  const types = [...new Set(resources.map(({ type }) => type))].sort();
  if (types.length === 0) return { capabilities: [], types };
  const isNamed = resources.some(({ type, properties }) => {
    const property = named[type];
    return property !== undefined && properties[property] !== undefined;
  });
  return { capabilities: [isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM'], types };
}

/** Refuses a request that does not acknowledge what its template can do. */
export function checkCapabilities(template: Template, given: readonly string[]): void {
  const { capabilities } = requiredCapabilities(template);
  const missing = capabilities.filter(
    (each) => !given.includes(each) && !(each === 'CAPABILITY_IAM' && given.includes('CAPABILITY_NAMED_IAM')),
  );
  if (missing.length > 0) {
    throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${missing.join(', ')}]`, 400);
  }
}
