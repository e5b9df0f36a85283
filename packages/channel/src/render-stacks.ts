import { type PlacedFault, type PositionIndex, problemAt, problemsAt } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import { toJson } from './cel-values.ts';
import type { StackFile } from './channel.ts';
import { checkStackTemplate, unknownParameters } from './check-stack-template.ts';
import type { LateText, LateValue, ReleaseStack } from './release.ts';
import type { RenderContext } from './render-release.ts';
import { type Rendered, renderDocument } from './render-template.ts';

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
  const rendered = renderDocument(file.template, context.scope);
  if ('problem' in rendered) {
    context.problems.push(rendered.problem);
    return [];
  }
  return rendered.values.flatMap((one) => {
    const outputs = context.outputsFor(before, file.phase === 'pools');
    const stack = oneStack(context, file, { one, outputs });
    return stack === undefined ? [] : [stack];
  });
}

function oneStack(
  context: RenderContext,
  file: StackFile,
  { one, outputs }: { readonly one: Rendered; readonly outputs: Bindings },
): ReleaseStack | undefined {
  const { value: template, variables, places } = one;
  const id = file.phase === 'pools' ? poolStackId(variables) : file.id;
  const report = (code: string, message: string, hint: string): undefined => {
    context.problems.push(problemAt(file.file, places.value([]), { code, message, hint }));
    return undefined;
  };
  if (id === undefined)
    return report('NO_POOL', 'the stack of a pool is made for each pool', 'forEach: [{pool: cluster.nodePools}]');
  if (!isObject(template))
    return report(
      'WRONG_TEMPLATE',
      'a stack is a CloudFormation template',
      'AWSTemplateFormatVersion, Resources, Outputs',
    );
  const given = renderParameters(context, file, { ...outputs, ...variables });
  if (given === undefined) return undefined;
  const names = Object.keys(given.parameters);
  const ofStack = ({ fault, ...place }: PlacedFault): PlacedFault => {
    return { ...place, fault: { ...fault, message: `stack ${id}: ${fault.message}` } };
  };
  context.problems.push(
    ...problemsAt(file.file, places, checkStackTemplate(template, names).map(ofStack)),
    ...problemsAt(file.file, given.places ?? places, unknownParameters(template, names).map(ofStack)),
  );
  return {
    id,
    stackName: `roadstead-${context.cluster.name}-${id}`,
    phase: file.phase,
    template,
    parameters: given.parameters,
    outputs: Object.keys((template['Outputs'] ?? {}) as JsonObject).toSorted(),
  };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

interface GivenParameters {
  readonly parameters: ReleaseStack['parameters'];
  /** Absent where the file gives none. */
  readonly places?: PositionIndex;
}

function renderParameters(context: RenderContext, file: StackFile, bindings: Bindings): GivenParameters | undefined {
  if (file.parameters === undefined) return { parameters: {} };
  const rendered = renderDocument(file.parameters, bindings);
  if ('problem' in rendered) {
    context.problems.push(rendered.problem);
    return undefined;
  }
  const [one] = rendered.values;
  if (one === undefined) return { parameters: {} };
  const given = isObject(one.value) ? one.value : {};
  return {
    parameters: Object.fromEntries(Object.entries(given).map(([name, member]) => [name, parameterValue(member)])),
    places: one.places,
  };
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
