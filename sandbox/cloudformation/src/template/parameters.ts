import { validationError } from './errors.ts';
import type { ParameterDeclaration, Template } from './template.ts';

/** A parameter as a request gives it. */
export interface GivenParameter {
  readonly ParameterKey?: string;
  readonly ParameterValue?: string;
  readonly UsePreviousValue?: boolean;
}

/** A parameter's value as the stack holds it. `resolved` is what an SSM-typed parameter's name stands for. */
export interface ParameterValue {
  readonly value: string;
  readonly resolved?: string;
}

export type ParameterValues = Readonly<Record<string, ParameterValue>>;

const plainTypes = new Set(['String', 'Number', 'CommaDelimitedList', 'List<Number>', 'List<String>']);
const awsTypes =
  /^(List<)?AWS::EC2::(AvailabilityZone::Name|Image::Id|Instance::Id|KeyPair::KeyName|SecurityGroup::GroupName|SecurityGroup::Id|Subnet::Id|Volume::Id|VPC::Id)>?$|^(List<)?AWS::Route53::HostedZone::Id>?$|^AWS::SSM::Parameter::Name$/;
const ssmType = /^AWS::SSM::Parameter::Value<(.+)>$/;

/** The type inside `AWS::SSM::Parameter::Value<…>`; `undefined` for other types. */
export function ssmValueType(type: string): string | undefined {
  return ssmType.exec(type)?.[1];
}

/** Whether a parameter of this type is a list where it is referred to. */
export function isListType(type: string): boolean {
  const inner = ssmValueType(type) ?? type;
  return inner === 'CommaDelimitedList' || inner.startsWith('List<');
}

/** Refuses parameter types that CloudFormation does not have. */
export function checkParameterTypes(template: Template): void {
  for (const [name, { type }] of Object.entries(template.parameters)) {
    const inner = ssmValueType(type) ?? type;
    if (!plainTypes.has(inner) && !awsTypes.test(inner)) {
      throw validationError(`Template format error: Unrecognized parameter type: ${type} (parameter ${name})`);
    }
  }
}

/**
 * What each declared parameter's value is: as given, as before, or by default. Checked against the declaration's
 * bounds. Throws ValidationError in CloudFormation's words.
 */
export function chooseParameters(
  template: Template,
  given: readonly GivenParameter[],
  previous: ParameterValues | undefined,
): Record<string, string> {
  refuseUndeclared(template, given);
  const byKey = new Map(given.map((each) => [each.ParameterKey ?? '', each]));
  const chosen: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, declaration] of Object.entries(template.parameters)) {
    const value = chooseOne(name, declaration, byKey.get(name), previous);
    if (value === undefined) missing.push(name);
    else chosen[name] = value;
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  for (const [name, value] of Object.entries(chosen)) {
    const declaration = template.parameters[name];
    if (declaration !== undefined) checkParameter(name, declaration, value);
  }
  return chosen;
}

function refuseUndeclared(template: Template, given: readonly GivenParameter[]): void {
  const keys = given.map((each) => each.ParameterKey ?? '');
  const undeclared = keys.filter((key) => !Object.hasOwn(template.parameters, key));
  if (undeclared.length > 0) {
    throw validationError(`Parameters: [${undeclared.join(', ')}] do not exist in the template`);
  }
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  if (repeated !== undefined) throw validationError(`Duplicate parameter key: ${repeated}`);
}

function chooseOne(
  name: string,
  declaration: ParameterDeclaration,
  given: GivenParameter | undefined,
  previous: ParameterValues | undefined,
): string | undefined {
  if (given?.UsePreviousValue === true) {
    if (given.ParameterValue !== undefined) {
      throw validationError(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    }
    const before = previous?.[name];
    if (before === undefined) {
      throw validationError(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    }
    return before.value;
  }
  return given?.ParameterValue ?? declaration.default;
}

/** Bytes of one parameter's value. */
const valueBytes = 4096;

/** Checks one value against its declaration. */
export function checkParameter(name: string, declaration: ParameterDeclaration, value: string): void {
  if (Buffer.byteLength(value) > valueBytes) {
    throw validationError(`Parameter '${name}' must contain at most ${valueBytes} bytes`);
  }
  const members = isListType(declaration.type) ? splitList(value) : [value];
  const refuse = (rule: string): never => {
    const said = declaration.constraintDescription;
    throw validationError(said === undefined ? rule : `Parameter ${name} failed to satisfy constraint: ${said}`);
  };
  const numeric = declaration.type === 'Number' || declaration.type === 'List<Number>';
  for (const member of members) {
    if (numeric && (member.trim() === '' || !Number.isFinite(Number(member)))) {
      throw validationError(
        `Parameter validation failed: parameter value ${member} for parameter name ${name} is not a number`,
      );
    }
    if (declaration.allowedValues !== undefined && !declaration.allowedValues.includes(member)) {
      refuse(`Parameter '${name}' must be one of AllowedValues`);
    }
    if (declaration.allowedPattern !== undefined && !matchesWhole(declaration.allowedPattern, member)) {
      refuse(`Parameter '${name}' must match pattern ${declaration.allowedPattern}`);
    }
    if (declaration.minLength !== undefined && member.length < declaration.minLength) {
      refuse(`Parameter '${name}' must contain at least ${declaration.minLength} characters`);
    }
    if (declaration.maxLength !== undefined && member.length > declaration.maxLength) {
      refuse(`Parameter '${name}' must contain at most ${declaration.maxLength} characters`);
    }
    if (declaration.minValue !== undefined && Number(member) < declaration.minValue) {
      refuse(`Parameter '${name}' must be a number not less than ${declaration.minValue}`);
    }
    if (declaration.maxValue !== undefined && Number(member) > declaration.maxValue) {
      refuse(`Parameter '${name}' must be a number not greater than ${declaration.maxValue}`);
    }
  }
}

function matchesWhole(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    throw validationError(`Template error: invalid AllowedPattern ${pattern}`);
  }
}

/** A comma-separated value's members, blanks around them taken off. */
export function splitList(value: string): string[] {
  return value === '' ? [] : value.split(',').map((member) => member.trim());
}

/** What `Ref` of a parameter gives: its resolved value, a list for list types. */
export function parameterReference(declaration: ParameterDeclaration, { value, resolved }: ParameterValue): unknown {
  const text = resolved ?? value;
  return isListType(declaration.type) ? splitList(text) : text;
}
