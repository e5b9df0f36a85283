import { type Position, type Problem, problemAt, suggest } from '@roadstead/definition';
import type { Channel, ComponentFolder, StackFile } from './channel.ts';
import type { TypeScope } from './check-expression.ts';
import { checkCondition, checkTemplate } from './check-template.ts';
import { orderByNeeds } from './order-by-needs.ts';
import { byFile } from './parse-channel.ts';
import { sampleProblems } from './sample-clusters.ts';
import { type DeclaredOutputs, outputsType, scopeTypes } from './scope-types.ts';
import type { Template, TemplateDocument } from './template.ts';

/**
 * Checks a channel without any cluster: names, members, types and functions of every expression, outputs that no stack declares or that come
 * too late, needs in a circle; then renders it for clusters that between them have and lack every option, so that the shape of each template
 * and the outputs that are used are seen as they come out.
 */
export function checkChannel(channel: Channel): Problem[] {
  const problems: Problem[] = [];
  const base = scopeTypes(channel.config.type);
  const declared = channel.stacks.map(declaredOutputs);
  checkStacks(channel, base, declared, problems);
  checkEks(channel, base, declared, problems);
  checkComponents(channel, { ...base, outputs: outputsType(declared, true, {}) }, problems);
  if (problems.length > 0) return byFile(problems);
  return byFile(sampleProblems(channel));
}

function laterThan(
  declared: readonly DeclaredOutputs[],
  known: readonly DeclaredOutputs[],
  withCluster: boolean,
  where: string,
): Readonly<Record<string, string>> {
  const stacks = declared
    .filter((stack) => !known.includes(stack))
    .map((stack) => [stack.isOfPool ? 'pool-' : stack.id, `its stack is made after ${where}`] as const);
  return Object.fromEntries(
    withCluster ? stacks : [...stacks, ['cluster', `the control plane is made after ${where}`]],
  );
}

function checkStacks(
  channel: Channel,
  base: TypeScope,
  declared: readonly DeclaredOutputs[],
  problems: Problem[],
): void {
  const inTemplate = {
    ...outputsType([], false, {}),
    later: Object.fromEntries(
      [...declared.map(({ id, isOfPool }) => (isOfPool ? 'pool-' : id)), 'cluster'].map((id) => [
        id,
        'a template takes late values as parameters: parameters beside template, and !Ref inside',
      ]),
    ),
  };
  for (const [index, stack] of channel.stacks.entries()) {
    checkTemplate(stack.template.template, { ...base, outputs: inTemplate }, problems);
    if (stack.parameters === undefined) continue;
    const known = declared.filter((_, at) => isBefore(channel.stacks[at], stack, at < index));
    const withCluster = stack.phase === 'pools';
    const outputs = outputsType(known, withCluster, laterThan(declared, known, withCluster, `stack ${stack.id}`));
    checkTemplate(stack.parameters.template, { ...base, ...loopVariables(stack, base), outputs }, problems);
  }
}

function isBefore(other: StackFile | undefined, stack: StackFile, isEarlier: boolean): boolean {
  return other !== undefined && isEarlier && (other.phase !== stack.phase || stack.phase === 'foundation');
}

/** Parameters stand beside the template, inside its `forEach`. */
function loopVariables(stack: StackFile, base: TypeScope): TypeScope {
  if (stack.phase !== 'pools') return {};
  const { cluster } = base;
  const pools = cluster?.kind === 'record' ? cluster.fields['nodePools'] : undefined;
  return pools?.kind === 'list' ? { pool: pools.element } : {};
}

function checkEks(
  { eks, stacks }: Channel,
  base: TypeScope,
  declared: readonly DeclaredOutputs[],
  problems: Problem[],
): void {
  const early = declared.filter((_, index) => stacks[index]?.phase !== 'pools');
  const check = (
    documents: readonly TemplateDocument[],
    known: readonly DeclaredOutputs[],
    withCluster: boolean,
    where: string,
  ): void => {
    const outputs = outputsType(known, withCluster, laterThan(declared, known, withCluster, where));
    for (const { template } of documents) checkTemplate(template, { ...base, outputs }, problems);
  };
  check(eks.cluster === undefined ? [] : [eks.cluster], early, false, 'the control plane');
  check(eks.access, early, true, 'access');
  check(eks.nodeGroup === undefined ? [] : [eks.nodeGroup], declared, true, 'pools');
  check([...eks.addons, ...eks.podIdentity], declared, true, 'pools');
}

function checkComponents(channel: Channel, scope: TypeScope, problems: Problem[]): void {
  const names = channel.components.map(({ name }) => name);
  for (const component of channel.components) {
    if (component.includeWhen !== undefined) checkCondition(component.includeWhen, scope, problems);
    for (const { template } of component.documents) checkTemplate(template, scope, problems);
    for (const [index, need] of component.needs.entries()) {
      if (names.includes(need)) continue;
      const message = `${component.name} needs ${need}, which the channel does not have`;
      const fault = { code: 'UNKNOWN_NEED', message, hint: suggest(need, names) };
      problems.push(problemAt(component.file, needPlace(component, index), fault));
    }
  }
  const ordered = orderByNeeds(channel.components);
  if (!('circle' in ordered)) return;
  const first = channel.components.find(({ name }) => name === ordered.circle[0]);
  if (first === undefined) return;
  const at = first.needs.indexOf(ordered.circle[1] ?? '');
  const message = `components need each other: ${ordered.circle.join(' → ')}`;
  const fault = { code: 'NEEDS_CIRCLE', message, hint: 'leave out one of these needs' };
  problems.push(problemAt(first.file, needPlace(first, at), fault));
}

function needPlace({ places }: ComponentFolder, index: number): Position {
  return places?.value(['needs', index]) ?? { line: 1, column: 1 };
}

/** The outputs that a stack's template declares, as far as they can be read without a cluster. */
export function declaredOutputs({ id, phase, template }: StackFile): DeclaredOutputs {
  const body = template.template.kind === 'directive' ? template.template.body : template.template;
  const outputs = entryOf(body, 'Outputs');
  const names: string[] = [];
  const prefixes: string[] = [];
  if (outputs?.kind === 'value' && typeof outputs.value === 'object' && outputs.value !== null)
    names.push(...Object.keys(outputs.value));
  for (const { key, value } of outputs?.kind === 'map' ? outputs.entries : []) {
    if (value.kind === 'directive' && value.keySuffix !== undefined) prefixes.push(key);
    else names.push(key);
  }
  return { id, isOfPool: phase === 'pools', names, prefixes };
}

function entryOf(template: Template, key: string): Template | undefined {
  if (template.kind === 'map') return template.entries.find((entry) => entry.key === key)?.value;
  if (
    template.kind !== 'value' ||
    typeof template.value !== 'object' ||
    template.value === null ||
    Array.isArray(template.value)
  )
    return undefined;
  const value = (template.value as { readonly [member: string]: never })[key];
  return value === undefined ? undefined : { kind: 'value', value };
}
