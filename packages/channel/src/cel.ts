import { type CelEnv, type CelInput, type CelValue, celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { templateFunctions } from './functions.ts';

/** The parsed form of an expression, for the type checker. */
export type Ast = ReturnType<typeof parse>;
export type Expr = Ast['expr'];
/** Values by name, as CEL holds them. */
export type Bindings = Readonly<Record<string, CelInput>>;
export type Value = CelValue;

/** One expression, parsed and planned once; evaluated many times. */
export interface Expression {
  readonly source: string;
  readonly ast: Ast;
  readonly run: (bindings: Bindings) => Evaluated;
}

export type Evaluated = { readonly value: Value } | { readonly error: string };
export interface ParseFault {
  readonly message: string;
  /** In the source, from 0. */
  readonly offset: number;
}

const environment: CelEnv = celEnv({ funcs: [...strings, ...templateFunctions] });

/** Parses CEL. Names and types are checked elsewhere; here only the grammar is. */
export function parseExpression(source: string): Expression | ParseFault {
  try {
    const ast = parse(source);
    const program = plan(environment, ast);
    return { source, ast, run: (bindings) => evaluate(program as (context: Bindings) => unknown, bindings) };
  } catch (error) {
    return parseFault(error, source);
  }
}

/** Tells an expression from a fault. */
export function isExpression(parsed: Expression | ParseFault): parsed is Expression {
  return 'ast' in parsed;
}

function parseFault(error: unknown, source: string): ParseFault {
  const { rawMessage, location, message } = error as {
    readonly rawMessage?: string;
    readonly location?: { readonly start?: { readonly offset?: number } };
    readonly message?: string;
  };
  return {
    message: rawMessage ?? message ?? 'not an expression',
    offset: Math.min(location?.start?.offset ?? 0, source.length),
  };
}

function evaluate(program: (context: Bindings) => unknown, bindings: Bindings): Evaluated {
  try {
    const result = program(bindings);
    return isCelError(result) ? { error: result.message } : { value: result as Value };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
