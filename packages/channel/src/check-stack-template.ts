import type { Fault } from '@roadstead/definition';
import { suggest } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';

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
export function checkStackTemplate(template: JsonObject, given: readonly string[]): Fault[] {
  const resources = (template['Resources'] ?? {}) as { readonly [id: string]: JsonObject };
  const parameters = (template['Parameters'] ?? {}) as { readonly [id: string]: JsonObject };
  const outputs = (template['Outputs'] ?? {}) as { readonly [id: string]: JsonObject };
  return [
    ...shapeFaults(template, resources, outputs),
    ...parameterFaults(parameters, given),
    ...referenceFaults(template, Object.keys(resources), Object.keys(parameters)),
    ...lateFaults(template),
  ];
}

function shapeFaults(
  template: JsonObject,
  resources: { readonly [id: string]: JsonObject },
  outputs: { readonly [id: string]: JsonObject },
): Fault[] {
  const code = 'WRONG_TEMPLATE';
  const faults: Fault[] = Object.keys(template)
    .filter((section) => !sections.includes(section))
    .map((section) => ({ code, message: `a template has no section ${section}`, hint: suggest(section, sections) }));
  if (Object.keys(resources).length === 0)
    faults.push({
      code,
      message: 'the template has no resources',
      hint: 'Resources: {Name: {Type: …, Properties: …}}',
    });
  for (const [id, resource] of Object.entries(resources)) {
    if (!/^[A-Za-z0-9]+$/.test(id))
      faults.push({
        code,
        message: `the logical id ${id} is not letters and digits`,
        hint: 'zone.suffix is, zone.name is not',
      });
    if (typeof resource?.['Type'] !== 'string')
      faults.push({ code, message: `the resource ${id} has no Type`, hint: 'as AWS::EC2::VPC' });
  }
  for (const [id, output] of Object.entries(outputs)) {
    if (!/^[A-Za-z0-9]+$/.test(id))
      faults.push({
        code,
        message: `the output ${id} is not letters and digits`,
        hint: 'zone.suffix is, zone.name is not',
      });
    if (output?.['Value'] === undefined) faults.push({ code, message: `the output ${id} has no Value` });
    if (output?.['Export'] !== undefined)
      faults.push({
        code,
        message: `the output ${id} is exported`,
        hint: 'stacks hand values on as parameters: an export ties stacks together for ever',
      });
  }
  const size = Buffer.byteLength(JSON.stringify(template));
  if (size > largestBody)
    faults.push({
      code,
      message: `the template has ${size} bytes, CloudFormation takes ${largestBody}`,
      hint: 'split it into two stacks',
    });
  if (Object.keys(resources).length > mostResources)
    faults.push({
      code,
      message: `the template has more than ${mostResources} resources`,
      hint: 'split it into two stacks',
    });
  if (Object.keys(outputs).length > mostOutputs)
    faults.push({ code, message: `the template has more than ${mostOutputs} outputs` });
  return faults;
}

function parameterFaults(parameters: { readonly [id: string]: JsonObject }, given: readonly string[]): Fault[] {
  const code = 'WRONG_PARAMETERS';
  const unknown = given.filter((name) => !(name in parameters));
  const missing = Object.entries(parameters).filter(
    ([name, parameter]) => parameter['Default'] === undefined && !given.includes(name),
  );
  return [
    ...unknown.map((name) => ({
      code,
      message: `the template has no parameter ${name}`,
      hint:
        Object.keys(parameters).length === 0
          ? `Parameters: {${name}: {Type: String}}`
          : suggest(name, Object.keys(parameters)),
    })),
    ...missing.map(([name]) => ({
      code,
      message: `the parameter ${name} gets no value`,
      hint: `parameters: {${name}: …} beside template`,
    })),
  ];
}

function referenceFaults(template: JsonObject, resources: readonly string[], parameters: readonly string[]): Fault[] {
  const names = [...resources, ...parameters, ...pseudoParameters];
  const faults: Fault[] = [];
  const expectResource = (id: Json | undefined, from: string): void => {
    if (typeof id !== 'string' || resources.includes(id)) return;
    faults.push({
      code: 'UNKNOWN_RESOURCE',
      message: `${from} names ${id}, which the template does not have`,
      hint: suggest(id, resources),
    });
  };
  visit(template, (key, value) => {
    if (key === 'Ref' && typeof value === 'string' && !names.includes(value)) {
      faults.push({
        code: 'UNKNOWN_RESOURCE',
        message: `Ref names ${value}, which the template does not have`,
        hint: suggest(value, [...resources, ...parameters]),
      });
    }
    if (key === 'Fn::GetAtt') expectResource(Array.isArray(value) ? (value[0] as Json) : undefined, 'Fn::GetAtt');
    if (key === 'Fn::Sub') {
      const text = Array.isArray(value) ? value[0] : value;
      const own = Array.isArray(value) ? Object.keys((value[1] ?? {}) as JsonObject) : [];
      for (const [, name = ''] of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) {
        const [id = ''] = name.trim().split('.');
        if (![...names, ...own].includes(id))
          faults.push({
            code: 'UNKNOWN_RESOURCE',
            message: `Fn::Sub names ${id}, which the template does not have`,
            hint: suggest(id, [...resources, ...parameters]),
          });
      }
    }
  });
  for (const resource of Object.values((template['Resources'] ?? {}) as { readonly [id: string]: JsonObject })) {
    const depends = resource?.['DependsOn'];
    for (const id of Array.isArray(depends) ? depends : [depends]) expectResource(id as Json | undefined, 'DependsOn');
  }
  return faults;
}

function lateFaults(template: JsonObject): Fault[] {
  const found = new Set<string>();
  visit(template, (key, value) => {
    if (key === '$late' && typeof value === 'string') found.add(value);
  });
  return [...found].map((name) => ({
    code: 'LATE_IN_TEMPLATE',
    message: `the template holds ${name}`,
    hint: 'hand it over: parameters beside template, and Ref inside',
  }));
}

function visit(value: Json, each: (key: string, value: Json) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) visit(item, each);
    return;
  }
  for (const [key, member] of Object.entries(value as JsonObject)) {
    each(key, member);
    visit(member, each);
  }
}
