import { type Fault, nearMatch } from '@roadstead/definition';
import type { Expr, Expression } from './cel.ts';
import { branches, callTypes, passesLateOn } from './function-types.ts';
import {
  bool,
  bytes,
  describe,
  double,
  dyn,
  int,
  join,
  listOf,
  mapOf,
  memberOf,
  never,
  nothing,
  type RecordType,
  string,
  type Type,
  unwrap,
} from './types.ts';

/** Names that an expression sees, with their types. */
export type TypeScope = Readonly<Record<string, Type>>;

/** A fault of an expression; the offset is in its source. */
export interface ExpressionFault {
  readonly offset: number;
  readonly fault: Fault;
}

export interface CheckedExpression {
  readonly type: Type;
  readonly faults: readonly ExpressionFault[];
}

/** Infers what an expression gives, and finds names, members, functions and types that cannot be right. */
export function checkExpression(expression: Expression, scope: TypeScope): CheckedExpression {
  const checker = new Checker(expression);
  return { type: checker.infer(expression.ast.expr, scope), faults: checker.faults };
}

type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];
type Comprehension = Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value'];

class Checker {
  readonly faults: ExpressionFault[] = [];
  readonly #expression: Expression;

  constructor(expression: Expression) {
    this.#expression = expression;
  }

  infer(expr: Expr | undefined, scope: TypeScope): Type {
    const kind = expr?.exprKind;
    if (expr === undefined || kind === undefined) return dyn;
    switch (kind.case) {
      case 'constExpr':
        return constants[kind.value.constantKind.case ?? ''] ?? dyn;
      case 'identExpr':
        return this.#name(expr, kind.value.name, scope);
      case 'selectExpr': {
        const operand = this.infer(kind.value.operand, scope);
        const member = this.#member(expr, operand, kind.value.field);
        return kind.value.testOnly ? bool : member;
      }
      case 'callExpr':
        return this.#call(expr, kind.value, scope);
      case 'listExpr':
        return listOf(kind.value.elements.map((element) => this.infer(element, scope)).reduce(join, never));
      case 'structExpr':
        return this.#struct(kind.value.entries, scope);
      case 'comprehensionExpr':
        return this.#comprehension(expr, kind.value, scope);
      default:
        return dyn;
    }
  }

  #name(expr: Expr, name: string, scope: TypeScope): Type {
    const type = scope[name];
    if (type !== undefined) return type;
    const known = Object.keys(scope).filter((one) => !one.startsWith('@'));
    const near = nearMatch(name, known);
    return this.#refuse(
      expr,
      'UNKNOWN_NAME',
      `${name} is not known here`,
      near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`,
    );
  }

  #member(expr: Expr, operand: Type, field: string): Type {
    const holder = unwrap(operand);
    switch (holder.kind) {
      case 'record':
        return this.#field(expr, holder, field);
      case 'map':
        return holder.value;
      case 'dyn':
      case 'never':
        return dyn;
      case 'late':
        return this.#refuse(expr, 'LATE_COMPUTED', `.${field} cannot be taken of a late value`, lateHint);
      default:
        return this.#refuse(expr, 'NO_MEMBER', `${describe(holder)} has no members, so no ${field}`);
    }
  }

  #field(expr: Expr, holder: RecordType, field: string): Type {
    const type = holder.fields[field] ?? holder.prefixes?.find(({ prefix }) => field.startsWith(prefix))?.type;
    if (type !== undefined) return type;
    const reason = holder.later?.[field];
    if (reason !== undefined)
      return this.#refuse(expr, 'NOT_YET_KNOWN', `${holder.name}.${field} is not known here: ${reason}`);
    const known = [...Object.keys(holder.fields), ...(holder.prefixes ?? []).map(({ prefix }) => `${prefix}…`)];
    const near = nearMatch(field, known);
    return this.#refuse(
      expr,
      'UNKNOWN_MEMBER',
      `${holder.name} has no ${field}`,
      near === undefined ? `it has ${known.join(', ')}` : `did you mean ${near}?`,
    );
  }

  #call(expr: Expr, call: Call, scope: TypeScope): Type {
    if (call.function === '_?_:_') return this.#conditional(expr, call, scope);
    if (call.function === '_[_]') return this.#index(expr, call, scope);
    const operands = call.target === undefined ? call.args : [call.target, ...call.args];
    const values = operands.map((operand) => this.infer(operand, scope));
    const typeOf = callTypes[call.function];
    if (typeOf === undefined) {
      const near = nearMatch(
        call.function,
        Object.keys(callTypes).filter((name) => /^\w+$/.test(name)),
      );
      return this.#refuse(
        expr,
        'UNKNOWN_FUNCTION',
        `there is no function ${call.function}`,
        near === undefined ? undefined : `did you mean ${near}()?`,
      );
    }
    if (!passesLateOn.includes(call.function) && values.some(holdsLate) && !isConcatenation(call.function, values)) {
      return this.#refuse(expr, 'LATE_COMPUTED', `${spelled(call.function)} cannot take a late value`, lateHint);
    }
    const result = typeOf(values);
    if (result !== undefined) return result;
    const given = values.map(describe).join(', ');
    return this.#refuse(
      expr,
      'TYPE_MISMATCH',
      `${spelled(call.function)} cannot take ${given === '' ? 'nothing' : given}`,
      'string(…), int(…) and double(…) convert',
    );
  }

  #conditional(expr: Expr, call: Call, scope: TypeScope): Type {
    const [condition, first, second] = call.args.map((argument) => this.infer(argument, scope));
    const kind = unwrap(condition ?? dyn).kind;
    if (kind !== 'bool' && kind !== 'dyn')
      this.#refuse(expr, 'TYPE_MISMATCH', `before ? stands ${describe(condition ?? dyn)}, not true or false`);
    return branches(first ?? dyn, second ?? dyn);
  }

  #index(expr: Expr, call: Call, scope: TypeScope): Type {
    const [operand = dyn, index = dyn] = call.args.map((argument) => this.infer(argument, scope));
    const holder = unwrap(operand);
    if (holder.kind === 'list') {
      return ['int', 'dyn'].includes(unwrap(index).kind)
        ? holder.element
        : this.#refuse(expr, 'TYPE_MISMATCH', `a list has no item ${describe(index)}`, 'the first is [0]');
    }
    if (holder.kind === 'map')
      return ['string', 'int', 'bool', 'dyn'].includes(unwrap(index).kind)
        ? holder.value
        : this.#refuse(expr, 'TYPE_MISMATCH', `a map has no key ${describe(index)}`);
    if (holder.kind !== 'record') return this.#member(expr, operand, '[…]');
    const start = constantStart(call.args[1]);
    if (start === undefined) return memberOf(holder);
    if (start.isWhole) return this.#field(expr, holder, start.text);
    return this.#startingWith(expr, holder, start.text);
  }

  /** A member whose name is only known to begin so. */
  #startingWith(expr: Expr, holder: RecordType, start: string): Type {
    const byPrefix = (holder.prefixes ?? [])
      .filter(({ prefix }) => prefix.startsWith(start) || start.startsWith(prefix))
      .map(({ type }) => type);
    const byName = Object.entries(holder.fields)
      .filter(([name]) => name.startsWith(start))
      .map(([, type]) => type);
    const found = [...byPrefix, ...byName];
    if (found.length > 0) return found.reduce(join);
    const later = Object.entries(holder.later ?? {}).find(([name]) => name.startsWith(start) || start.startsWith(name));
    if (later !== undefined)
      return this.#refuse(expr, 'NOT_YET_KNOWN', `${holder.name}["${start}…"] is not known here: ${later[1]}`);
    return this.#refuse(
      expr,
      'UNKNOWN_MEMBER',
      `${holder.name} has nothing that begins with ${start}`,
      `it has ${[...Object.keys(holder.fields), ...(holder.prefixes ?? []).map(({ prefix }) => `${prefix}…`)].join(', ')}`,
    );
  }

  #struct(entries: Extract<Expr['exprKind'], { case: 'structExpr' }>['value']['entries'], scope: TypeScope): Type {
    const types = entries.map(({ keyKind, value }) => {
      if (keyKind.case === 'mapKey') this.infer(keyKind.value, scope);
      return this.infer(value, scope);
    });
    return mapOf(types.reduce(join, never));
  }

  #comprehension(
    expr: Expr,
    { iterRange, iterVar, accuInit, accuVar, loopCondition, loopStep, result }: Comprehension,
    scope: TypeScope,
  ): Type {
    const range = unwrap(this.infer(iterRange, scope));
    const isIterable = ['list', 'map', 'record', 'dyn', 'never'].includes(range.kind);
    if (!isIterable) this.#refuse(iterRange ?? expr, 'TYPE_MISMATCH', `${describe(range)} has no items`);
    const item = range.kind === 'list' ? range.element : range.kind === 'map' || range.kind === 'record' ? string : dyn;
    const start = this.infer(accuInit, scope);
    const inner = { ...scope, [iterVar]: item, [accuVar]: start };
    this.infer(loopCondition, inner);
    const step = this.infer(loopStep, inner);
    return this.infer(result, { ...scope, [accuVar]: join(start, step) });
  }

  /** Where an expression stands; macros have no place of their own, so theirs is that of what they are about. */
  #offsetOf(expr: Expr): number {
    const { source, ast } = this.#expression;
    const known = ast.sourceInfo?.positions[String(expr.id)];
    if (known !== undefined) return known + (/^\s*/.exec(source.slice(known))?.[0].length ?? 0);
    const { exprKind } = expr;
    const inner =
      exprKind.case === 'selectExpr'
        ? exprKind.value.operand
        : exprKind.case === 'callExpr'
          ? exprKind.value.args[0]
          : undefined;
    return inner === undefined ? 0 : this.#offsetOf(inner);
  }

  #refuse(expr: Expr, code: string, message: string, hint?: string): Type {
    const offset = this.#offsetOf(expr);
    if (!this.faults.some((other) => other.offset === offset && other.fault.code === code))
      this.faults.push({ offset, fault: { code, message, hint } });
    return dyn;
  }
}

const lateHint = 'a late value is known only when its stack is there: use it whole, inside text, or hand it on';

const constants: Readonly<Record<string, Type>> = {
  nullValue: nothing,
  boolValue: bool,
  int64Value: int,
  uint64Value: dyn,
  doubleValue: double,
  stringValue: string,
  bytesValue: bytes,
};

/** The text that a string expression begins with, where it is written out. */
function constantStart(expr: Expr | undefined): { readonly text: string; readonly isWhole: boolean } | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === 'constExpr' && kind.value.constantKind.case === 'stringValue')
    return { text: kind.value.constantKind.value, isWhole: true };
  if (kind?.case !== 'callExpr' || kind.value.function !== '_+_') return undefined;
  const first = constantStart(kind.value.args[0]);
  return first === undefined ? undefined : { text: first.text, isWhole: false };
}

function holdsLate(type: Type): boolean {
  const held = unwrap(type);
  if (held.kind === 'late') return true;
  if (held.kind === 'list') return holdsLate(held.element);
  return held.kind === 'map' && holdsLate(held.value);
}

/** Lists are put together without a look at their items. */
function isConcatenation(name: string, values: readonly Type[]): boolean {
  return name === '_+_' && values.every((value) => value.kind === 'list');
}

/** `+` of `_+_`, `toJson()` of a function. */
function spelled(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '').replace(/^$/, name) : name === '@in' ? 'in' : `${name}()`;
}
