import { validationError } from './errors.ts';
import { isJsonObject, type JsonObject, parseTemplateText } from './parse.ts';

export type DeletionPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate';

/** A declared parameter; bounds as the template writes them. */
export interface ParameterDeclaration {
  readonly type: string;
  readonly default?: string;
  readonly description?: string;
  readonly noEcho: boolean;
  readonly allowedValues?: readonly string[];
  readonly allowedPattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly constraintDescription?: string;
}

export interface ResourceDeclaration {
  readonly type: string;
  readonly properties: JsonObject;
  readonly metadata?: JsonObject;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: DeletionPolicy;
}

export interface OutputDeclaration {
  readonly value: unknown;
  readonly description?: string;
  readonly exportName?: unknown;
  readonly condition?: string;
}

/** A template whose structure is sound; what its expressions name is not yet checked. */
export interface Template {
  readonly description?: string;
  readonly metadata?: JsonObject;
  readonly version?: string;
  readonly parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly mappings: Readonly<Record<string, JsonObject>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly outputs: Readonly<Record<string, OutputDeclaration>>;
}

const sections = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
]);
const resourceMembers = new Set([
  'Type',
  'Properties',
  'Metadata',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
]);

/** Reads a template's text into its parts. Throws ValidationError in CloudFormation's words for a wrong structure. */
export function readTemplate(text: string): Template {
  const source = parseTemplateText(text);
  refuseSections(source);
  const resources = section(source, 'Resources');
  if (Object.keys(resources).length === 0) {
    throw validationError('Template format error: At least one Resources member must be defined.');
  }
  const version = source['AWSTemplateFormatVersion'];
  return {
    ...(typeof source['Description'] === 'string' ? { description: source['Description'] } : {}),
    ...(isJsonObject(source['Metadata']) ? { metadata: source['Metadata'] } : {}),
    ...(version === undefined ? {} : { version: String(version) }),
    parameters: mapMembers(section(source, 'Parameters'), 'Parameters', readParameter),
    mappings: mapMembers(section(source, 'Mappings'), 'Mappings', (_, member) => member),
    conditions: section(source, 'Conditions'),
    resources: mapMembers(resources, 'Resources', readResource),
    outputs: mapMembers(section(source, 'Outputs'), 'Outputs', readOutput),
  };
}

function refuseSections(source: JsonObject): void {
  const version = source['AWSTemplateFormatVersion'];
  if (version !== undefined && String(version) !== '2010-09-09') {
    throw validationError(`Template format error: Unsupported template version ${String(version)}`);
  }
  if (source['Description'] !== undefined && typeof source['Description'] !== 'string') {
    throw validationError('Template format error: Description must be a string');
  }
  const transform = source['Transform'];
  if (transform !== undefined) {
    const name = isJsonObject(transform) ? String(transform['Name']) : [transform].flat().map(String).join(', ');
    throw validationError(`No transform named ${name} found.`);
  }
  const unknown = Object.keys(source).filter((key) => !sections.has(key));
  if (unknown.length > 0) {
    throw validationError(`Invalid template property or properties [${unknown.join(', ')}]`);
  }
}

function section(source: JsonObject, name: string): JsonObject {
  const value = source[name];
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw validationError(`Template format error: ${name} must be an object.`);
  return value;
}

function mapMembers<T>(
  source: JsonObject,
  path: string,
  read: (name: string, member: JsonObject) => T,
): Record<string, T> {
  const entries = Object.entries(source).map(([name, member]): [string, T] => {
    if (path !== 'Mappings' && !/^[A-Za-z0-9]+$/.test(name)) {
      throw validationError(
        `Template format error: ${path} name ${name} is non alphanumeric.`.replace('Resources name', 'Resource name'),
      );
    }
    if (!isJsonObject(member)) {
      throw validationError(`Template format error: [/${path}/${name}] Every ${path} member must be an object.`);
    }
    return [name, read(name, member)];
  });
  return Object.fromEntries(entries);
}

function readParameter(name: string, member: JsonObject): ParameterDeclaration {
  const type = member['Type'];
  if (typeof type !== 'string') {
    throw validationError(`Template format error: Every Parameters object must contain a Type member.`);
  }
  const known = new Set([
    'Type',
    'Default',
    'Description',
    'NoEcho',
    'AllowedValues',
    'AllowedPattern',
    'MinLength',
    'MaxLength',
    'MinValue',
    'MaxValue',
    'ConstraintDescription',
  ]);
  const unknown = Object.keys(member).find((key) => !known.has(key));
  if (unknown !== undefined) {
    throw validationError(`Invalid template parameter property '${unknown}' of parameter ${name}`);
  }
  const text = (key: string, as: string) => (member[key] === undefined ? {} : { [as]: scalarText(member[key], name) });
  const number = (key: string, as: string) => (member[key] === undefined ? {} : { [as]: Number(member[key]) });
  const allowed = member['AllowedValues'];
  return {
    type,
    ...text('Default', 'default'),
    ...text('Description', 'description'),
    noEcho: String(member['NoEcho'] ?? false).toLowerCase() === 'true',
    ...(Array.isArray(allowed) ? { allowedValues: allowed.map((value) => scalarText(value, name)) } : {}),
    ...text('AllowedPattern', 'allowedPattern'),
    ...number('MinLength', 'minLength'),
    ...number('MaxLength', 'maxLength'),
    ...number('MinValue', 'minValue'),
    ...number('MaxValue', 'maxValue'),
    ...text('ConstraintDescription', 'constraintDescription'),
  };
}

function scalarText(value: unknown, parameter: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw validationError(`Template format error: Every Default member must be a string. (parameter ${parameter})`);
}

function readResource(name: string, member: JsonObject): ResourceDeclaration {
  if (typeof member['Type'] !== 'string') {
    throw validationError(
      `Template format error: [/Resources/${name}] Every Resources object must contain a Type member.`,
    );
  }
  const uncarried = ['CreationPolicy', 'UpdatePolicy'].find((key) => member[key] !== undefined);
  if (uncarried !== undefined) throw validationError(`${uncarried} of resource ${name} is not carried by the sandbox`);
  const unknown = Object.keys(member).filter((key) => !resourceMembers.has(key));
  if (unknown.length > 0) {
    throw validationError(`Invalid template resource property '${unknown.join("', '")}'`);
  }
  const properties = member['Properties'] ?? {};
  if (!isJsonObject(properties)) {
    throw validationError(`Template format error: [/Resources/${name}/Properties] must be an object.`);
  }
  const dependsOn = member['DependsOn'] ?? [];
  const names = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  if (!names.every((each): each is string => typeof each === 'string')) {
    throw validationError(`Template format error: DependsOn of resource ${name} must be a string or list of strings.`);
  }
  if (member['Condition'] !== undefined && typeof member['Condition'] !== 'string') {
    throw validationError(`Template format error: Every Condition member must be a string.`);
  }
  return {
    type: member['Type'],
    properties,
    ...(isJsonObject(member['Metadata']) ? { metadata: member['Metadata'] } : {}),
    dependsOn: names,
    ...(typeof member['Condition'] === 'string' ? { condition: member['Condition'] } : {}),
    deletionPolicy: readPolicy(member['DeletionPolicy'], 'DeletionPolicy', name),
    updateReplacePolicy: readPolicy(member['UpdateReplacePolicy'], 'UpdateReplacePolicy', name),
  };
}

function readPolicy(value: unknown, which: string, resource: string): DeletionPolicy {
  if (value === undefined) return 'Delete';
  if (value === 'Delete' || value === 'Retain' || (value === 'RetainExceptOnCreate' && which === 'DeletionPolicy')) {
    return value;
  }
  if (value === 'Snapshot') {
    throw validationError(`Template error: resource type of ${resource} does not support ${which} Snapshot`);
  }
  throw validationError(`Template error: Unrecognized ${which} ${JSON.stringify(value)} for resource ${resource}`);
}

function readOutput(name: string, member: JsonObject): OutputDeclaration {
  if (member['Value'] === undefined || member['Value'] === null) {
    throw validationError(
      `Template format error: Output ${name} is malformed. Every Outputs member must contain a Value.`,
    );
  }
  const known = new Set(['Value', 'Description', 'Export', 'Condition']);
  const unknown = Object.keys(member).find((key) => !known.has(key));
  if (unknown !== undefined) throw validationError(`Invalid template output property '${unknown}' of output ${name}`);
  const exported = member['Export'];
  if (exported !== undefined && (!isJsonObject(exported) || exported['Name'] === undefined)) {
    throw validationError(`Template format error: Export of output ${name} must contain a Name.`);
  }
  return {
    value: member['Value'],
    ...(typeof member['Description'] === 'string' ? { description: member['Description'] } : {}),
    ...(isJsonObject(exported) ? { exportName: exported['Name'] } : {}),
    ...(typeof member['Condition'] === 'string' ? { condition: member['Condition'] } : {}),
  };
}
