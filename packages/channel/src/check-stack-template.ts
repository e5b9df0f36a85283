import { type Path, type PlacedFault, suggest } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import { lateValuesIn, walkMembers } from './walk-json.ts';

/** CloudFormation's quotas (user guide, "CloudFormation quotas"): bytes of a template in a request, resources, outputs. */
const largestBody = 51_200;
const mostResources = 500;
const mostOutputs = 200;

const sections = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Transform',
  'Resources',
  'Outputs',
];
const pseudoParameters = [
  'AWS::AccountId',
  'AWS::NotificationARNs',
  'AWS::NoValue',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
];

/** Checks what can be known of a rendered template without AWS: its shape, its references, its size, its parameters. */
export function checkStackTemplate(template: JsonObject, given: readonly string[]): PlacedFault[] {
  const resources = (template['Resources'] ?? {}) as Members;
  const parameters = (template['Parameters'] ?? {}) as Members;
  const outputs = (template['Outputs'] ?? {}) as Members;
  return [
    ...shapeFaults(template),
    ...sizeFaults(template, resources, outputs),
    ...resourceFaults(resources),
    ...outputFaults(outputs),
    ...missingParameters(parameters, given),
    ...referenceFaults(template, Object.keys(resources), Object.keys(parameters)),
    ...lateFaults(template),
  ];
}

type Members = { readonly [id: string]: JsonObject };
const code = 'WRONG_TEMPLATE';

function shapeFaults(template: JsonObject): PlacedFault[] {
  return Object.keys(template)
    .filter((section) => !sections.includes(section))
    .map((section) => ({
      path: [section],
      at: 'key',
      fault: { code, message: `a template has no section ${section}`, hint: suggest(section, sections) },
    }));
}

function sizeFaults(template: JsonObject, resources: Members, outputs: Members): PlacedFault[] {
  const faults: PlacedFault[] = [];
  const count = Object.keys(resources).length;
  const size = Buffer.byteLength(JSON.stringify(template));
  if (count === 0) {
    const hint = 'Resources: {Name: {Type: …, Properties: …}}';
    faults.push({ path: ['Resources'], fault: { code, message: 'the template has no resources', hint } });
  }
  if (size > largestBody) {
    const message = `the template has ${size} bytes, CloudFormation takes ${largestBody}`;
    faults.push({ path: [], fault: { code, message, hint: 'split it into two stacks' } });
  }
  if (count > mostResources) {
    const message = `the template has more than ${mostResources} resources`;
    faults.push({ path: ['Resources'], at: 'key', fault: { code, message, hint: 'split it into two stacks' } });
  }
  if (Object.keys(outputs).length > mostOutputs) {
    const message = `the template has more than ${mostOutputs} outputs`;
    faults.push({ path: ['Outputs'], at: 'key', fault: { code, message } });
  }
  return faults;
}

/** The longest names that AWS takes of what a template can name (API references of IAM and EC2). */
const longestNames: readonly (readonly [type: string, property: string, longest: number])[] = [
  ['AWS::IAM::Role', 'RoleName', 64],
  ['AWS::IAM::ManagedPolicy', 'ManagedPolicyName', 128],
  ['AWS::IAM::InstanceProfile', 'InstanceProfileName', 128],
  ['AWS::EC2::LaunchTemplate', 'LaunchTemplateName', 128],
  ['AWS::EC2::SecurityGroup', 'GroupName', 255],
  ['AWS::AutoScaling::AutoScalingGroup', 'AutoScalingGroupName', 255],
  ['AWS::SQS::Queue', 'QueueName', 80],
];

function nameFaults(id: string, resource: JsonObject | undefined): PlacedFault[] {
  return longestNames.flatMap(([type, property, longest]) => {
    if (resource?.['Type'] !== type) return [];
    const name = ((resource['Properties'] ?? {}) as JsonObject)[property];
    if (typeof name !== 'string' || name.length <= longest) return [];
    const message = `${property} ${name} has ${name.length} characters, AWS takes ${longest}`;
    const fault = {
      code: 'NAME_TOO_LONG',
      message,
      hint: `fitName(…, ${longest}) cuts it and keeps it different`,
      value: name,
    };
    return [{ path: ['Resources', id, 'Properties', property], fault }];
  });
}

function resourceFaults(resources: Members): PlacedFault[] {
  return Object.entries(resources).flatMap(([id, resource]) => [
    ...idFaults('Resources', id, 'logical id'),
    ...nameFaults(id, resource),
    ...(typeof resource?.['Type'] === 'string'
      ? []
      : [keyFault('Resources', id, `the resource ${id} has no Type`, 'as AWS::EC2::VPC')]),
  ]);
}

function outputFaults(outputs: Members): PlacedFault[] {
  return Object.entries(outputs).flatMap(([id, output]) => {
    const faults = idFaults('Outputs', id, 'output');
    if (output?.['Value'] === undefined) faults.push(keyFault('Outputs', id, `the output ${id} has no Value`));
    if (output?.['Export'] === undefined) return faults;
    const hint = 'stacks hand values on as parameters: an export ties stacks together for ever';
    const path = ['Outputs', id, 'Export'];
    return [...faults, { path, at: 'key', fault: { code, message: `the output ${id} is exported`, hint } }];
  });
}

function idFaults(section: string, id: string, word: string): PlacedFault[] {
  if (/^[A-Za-z0-9]+$/.test(id)) return [];
  return [keyFault(section, id, `the ${word} ${id} is not letters and digits`, 'zone.suffix is, zone.name is not')];
}

function keyFault(section: string, id: string, message: string, hint?: string): PlacedFault {
  return { path: [section, id], at: 'key', fault: { code, message, hint } };
}

/** Parameters that are given and that the template does not take; their paths are in what is given. */
export function unknownParameters(template: JsonObject, given: readonly string[]): PlacedFault[] {
  const known = Object.keys((template['Parameters'] ?? {}) as JsonObject);
  return given
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: [name],
      at: 'key',
      fault: {
        code: 'WRONG_PARAMETERS',
        message: `the template has no parameter ${name}`,
        hint: known.length === 0 ? `Parameters: {${name}: {Type: String}}` : suggest(name, known),
      },
    }));
}

function missingParameters(parameters: Members, given: readonly string[]): PlacedFault[] {
  return Object.entries(parameters)
    .filter(([name, parameter]) => parameter?.['Default'] === undefined && !given.includes(name))
    .map(([name]) => ({
      path: ['Parameters', name],
      at: 'key',
      fault: {
        code: 'WRONG_PARAMETERS',
        message: `the parameter ${name} gets no value`,
        hint: `parameters: {${name}: …} beside template`,
      },
    }));
}

function referenceFaults(
  template: JsonObject,
  resources: readonly string[],
  parameters: readonly string[],
): PlacedFault[] {
  const named = [...resources, ...parameters];
  const faults: PlacedFault[] = [];
  const expect = (id: Json | undefined, from: string, path: Path, known: readonly string[]): void => {
    if (typeof id !== 'string' || known.includes(id) || (known === named && pseudoParameters.includes(id))) return;
    const message = `${from} names ${id}, which the template does not have`;
    faults.push({ path: [...path], fault: { code: 'UNKNOWN_RESOURCE', message, hint: suggest(id, known) } });
  };
  walkMembers(template, (key, value, path) => {
    if (key === 'Ref') expect(value, key, path, named);
    if (key === 'Fn::GetAtt') expect(Array.isArray(value) ? (value[0] as Json) : undefined, key, path, resources);
    if (key === 'Fn::Sub') for (const id of namesInSub(value)) expect(id, key, path, named);
    const isDependsOn = key === 'DependsOn' && path.length === 3 && path[0] === 'Resources';
    for (const [index, id] of isDependsOn ? asList(value).entries() : [])
      expect(id, key, Array.isArray(value) ? [...path, index] : path, resources);
  });
  return faults;
}

/** What `${…}` in Fn::Sub names, but for its own variables and literals (`${!…}`). */
function namesInSub(value: Json): string[] {
  const [text, own] = asList(value);
  const variables = Object.keys((own ?? {}) as JsonObject);
  return [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map(([, name = '']) => name.trim().split('.')[0] ?? '')
    .filter((name) => !variables.includes(name));
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function lateFaults(template: JsonObject): PlacedFault[] {
  return lateValuesIn(template).map(({ name, path }) => ({
    path,
    fault: {
      code: 'LATE_IN_TEMPLATE',
      message: `the template holds ${name}`,
      hint: 'hand it over: parameters beside template, and Ref inside',
    },
  }));
}
