import { type Fault, type Problem, problemAt } from '@roadstead/definition';
import { type CheckedExpression, checkExpression, type TypeScope } from './check-expression.ts';
import type { DirectiveTemplate, PlacedExpression, Template } from './template.ts';
import { describe, dyn, type Type, unwrap } from './types.ts';

/** Checks every expression of a template against the types of its scope; what is wrong goes to `problems`. */
export function checkTemplate(template: Template, scope: TypeScope, problems: Problem[]): void {
  switch (template.kind) {
    case 'value':
      return;
    case 'expression':
      inferPlaced(template.held, scope, problems);
      return;
    case 'text':
      for (const part of template.parts) if (typeof part !== 'string') checkInsertion(part, scope, problems);
      return;
    case 'attribute':
      return checkTemplate(template.body, scope, problems);
    case 'list':
      for (const item of template.items) checkTemplate(item, scope, problems);
      return;
    case 'map':
      for (const { value } of template.entries) checkEntry(value, scope, problems);
      return;
    case 'directive':
      return checkDirective(template, scope, problems);
  }
}

function checkEntry(value: Template, scope: TypeScope, problems: Problem[]): void {
  const [loop] = value.kind === 'directive' ? value.forEach : [];
  if (value.kind === 'directive' && loop !== undefined && value.keySuffix === undefined) {
    report(
      loop.list,
      {
        code: 'NO_KEY_SUFFIX',
        message: 'forEach under a key makes the same key again and again',
        hint: 'keySuffix: zone.suffix, which is appended to the key',
      },
      problems,
    );
  }
  checkTemplate(value, scope, problems);
}

function checkDirective(
  { forEach, includeWhen, keySuffix, body }: DirectiveTemplate,
  scope: TypeScope,
  problems: Problem[],
): void {
  let inner = scope;
  for (const { variable, list } of forEach) {
    const type = unwrap(inferPlaced(list, inner, problems));
    if (type.kind !== 'list' && type.kind !== 'dyn')
      report(
        list,
        { code: 'TYPE_MISMATCH', message: `forEach takes a list, not ${describe(type)}`, hint: 'as cluster.nodePools' },
        problems,
      );
    inner = { ...inner, [variable]: type.kind === 'list' ? type.element : dyn };
  }
  if (includeWhen !== undefined) expect(includeWhen, ['bool'], 'includeWhen is true or false', inner, problems);
  if (keySuffix !== undefined) expect(keySuffix, ['string'], 'keySuffix is text', inner, problems);
  checkTemplate(body, inner, problems);
}

/** Checks a condition that stands alone. */
export function checkCondition(held: PlacedExpression, scope: TypeScope, problems: Problem[]): void {
  expect(held, ['bool'], 'includeWhen is true or false', scope, problems);
}

function expect(
  held: PlacedExpression,
  kinds: readonly Type['kind'][],
  rule: string,
  scope: TypeScope,
  problems: Problem[],
): void {
  const type = inferPlaced(held, scope, problems);
  if (kinds.includes(type.kind) || type.kind === 'dyn') return;
  report(held, { code: 'TYPE_MISMATCH', message: `${rule}, not ${describe(type)}` }, problems);
}

function checkInsertion(held: PlacedExpression, scope: TypeScope, problems: Problem[]): void {
  const type = unwrap(inferPlaced(held, scope, problems));
  if (['string', 'int', 'double', 'bool', 'late', 'dyn', 'never'].includes(type.kind)) return;
  report(
    held,
    {
      code: 'NOT_TEXT',
      message: `${describe(type)} cannot stand inside text`,
      hint: 'a whole value keeps its type; inside text use toJson(…) or toYaml(…)',
    },
    problems,
  );
}

function inferPlaced(held: PlacedExpression, scope: TypeScope, problems: Problem[]): Type {
  const { type, faults }: CheckedExpression = checkExpression(held.expression, scope);
  for (const { offset, fault } of faults) problems.push(problemAt(held.file, held.at(offset), fault));
  return type;
}

function report(held: PlacedExpression, fault: Fault, problems: Problem[]): void {
  problems.push(problemAt(held.file, held.at(0), fault));
}
