import { problemAt } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import { toJson } from './cel-values.ts';
import type { StackFile } from './channel.ts';
import { checkStackTemplate } from './check-stack-template.ts';
import type { LateText, LateValue, ReleaseStack } from './release.ts';
import type { RenderContext } from './render-release.ts';
import { renderDocument } from './render-template.ts';

/** Renders the stacks in the order in which they are made; each sees the outputs of those before it. */
export function renderStacks(context: RenderContext): ReleaseStack[] {
  const stacks: ReleaseStack[] = [];
  for (const file of context.channel.stacks) {
    const before = stacks.filter((stack) => stack.phase !== file.phase || file.phase === 'foundation');
    stacks.push(...renderStackFile(context, file, before).toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  }
  return stacks;
}

function renderStackFile(context: RenderContext, file: StackFile, before: readonly ReleaseStack[]): ReleaseStack[] {
  const rendered = renderDocument(file.template.template, context.scope);
  if ('problem' in rendered) {
    context.problems.push(rendered.problem);
    return [];
  }
  return rendered.values.flatMap(({ value, variables }) => {
    const outputs = context.outputsFor(before, file.phase === 'pools');
    const stack = oneStack(context, file, { template: value, variables, outputs });
    return stack === undefined ? [] : [stack];
  });
}

function oneStack(
  context: RenderContext,
  file: StackFile,
  input: { readonly template: Json; readonly variables: Bindings; readonly outputs: Bindings },
): ReleaseStack | undefined {
  const { template, variables } = input;
  const id = file.phase === 'pools' ? poolStackId(variables) : file.id;
  const report = (code: string, message: string, hint?: string): undefined => {
    context.problems.push(problemAt(file.file, file.template.position, { code, message, hint }));
    return undefined;
  };
  if (id === undefined)
    return report('NO_POOL', 'the stack of a pool is made for each pool', 'forEach: [{pool: cluster.nodePools}]');
  if (typeof template !== 'object' || template === null || Array.isArray(template))
    return report(
      'WRONG_TEMPLATE',
      'a stack is a CloudFormation template',
      'AWSTemplateFormatVersion, Resources, Outputs',
    );
  const body = template as JsonObject;
  const parameters = renderParameters(context, file, { ...input.outputs, ...variables });
  if (parameters === undefined) return undefined;
  const faults = checkStackTemplate(body, Object.keys(parameters));
  for (const fault of faults) report(fault.code, `stack ${id}: ${fault.message}`, fault.hint);
  return {
    id,
    stackName: `roadstead-${context.cluster.name}-${id}`,
    phase: file.phase,
    template: body,
    parameters,
    outputs: Object.keys((body['Outputs'] ?? {}) as JsonObject).toSorted(),
  };
}

function poolStackId(variables: Bindings): string | undefined {
  const name = poolName(variables);
  return name === undefined ? undefined : `pool-${name}`;
}

/** The name of the pool that a `forEach` turned to. */
export function poolName(variables: Bindings): string | undefined {
  return memberText(variables, 'pool');
}

/** The `name` of a variable of a `forEach`; undefined where there is none or it is null. */
export function memberText(variables: Bindings, variable: string): string | undefined {
  const held = variables[variable];
  if (held === undefined || held === null) return undefined;
  const json = toJson(held as Parameters<typeof toJson>[0]);
  const name = typeof json === 'object' && json !== null && 'name' in json ? json.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function renderParameters(
  context: RenderContext,
  file: StackFile,
  bindings: Bindings,
): ReleaseStack['parameters'] | undefined {
  if (file.parameters === undefined) return {};
  const rendered = renderDocument(file.parameters.template, bindings);
  if ('problem' in rendered) {
    context.problems.push(rendered.problem);
    return undefined;
  }
  const value = (rendered.values[0]?.value ?? {}) as JsonObject;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, parameterValue(member)]));
}

/** CloudFormation takes text; lists are joined by commas as its list types want. */
function parameterValue(value: Json): string | LateValue | LateText {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    if ('$late' in value || '$lateText' in value) return value as unknown as LateValue | LateText;
    if (Array.isArray(value)) return joinList(value);
  }
  return String(value);
}

function joinList(items: readonly Json[]): string | LateText {
  const parts = items.flatMap((item, index) => {
    const comma = index === 0 ? [] : [','];
    if (typeof item === 'object' && item !== null && '$lateText' in item)
      return [...comma, ...(item as unknown as LateText).$lateText];
    if (typeof item === 'object' && item !== null && '$late' in item) return [...comma, item as unknown as LateValue];
    return [...comma, String(item)];
  });
  return parts.every((part) => typeof part === 'string') ? parts.join('') : { $lateText: parts };
}
