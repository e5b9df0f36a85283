/**
 * Runs the CEL specification's conformance cases against the two CEL libraries of the ADR (docs/adr/0002-cel.md).
 *
 *   node packages/channel/conformance/compare.ts [folder of @bufbuild/cel-spec]
 *
 * Prints one JSON document: per library how many cases pass, in all and without those that need protobuf messages,
 * and the names of the cases that fail.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { celEnv, isCelError, isCelList, isCelMap, isCelUint, parse as parseBuf, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { Environment, Optional } from '@marcbachmann/cel-js';

interface Case {
  readonly section: string;
  readonly name: string;
  readonly expr: string;
  readonly test: Readonly<Record<string, unknown>>;
}
interface RawCase {
  readonly original: Readonly<Record<string, unknown>> & { readonly name?: string; readonly expr: string };
}
interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly RawCase[];
}
type Runner = (expr: string, bindings: ReadonlyMap<string, unknown>, test: Case['test']) => string;

function casesOf(suite: Suite, path: readonly string[] = []): Case[] {
  const own = (suite.tests ?? []).map(({ original }) => ({
    section: path[1] ?? suite.name,
    name: [...path.slice(1), original.name ?? original.expr].join('/'),
    expr: original.expr,
    test: original,
  }));
  return [
    ...own,
    ...(suite.suites ?? []).flatMap((inner) => casesOf(inner, [...path, suite.name, inner.name].slice(-3))),
  ];
}

const needsProtobuf = (one: Case): boolean =>
  /TestAllTypes|google\.protobuf|proto2|proto3|NestedEnum|GlobalEnum|wrappers|type_url|typeUrl|@type/.test(
    JSON.stringify(one.test),
  ) || ['proto2', 'proto2_ext', 'proto3', 'enums', 'wrappers', 'dynamic'].includes(one.section);

/** One spelling for equal values: `int:1`, `list[…]`, `map{…}` with entries in order. */
function spell(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'bigint':
      return `int:${value}`;
    case 'number':
      return `double:${Number.isNaN(value) ? 'NaN' : Object.is(value, -0) ? 0 : value}`;
    case 'string':
      return `string:${JSON.stringify(value)}`;
    case 'boolean':
      return `bool:${value}`;
    default:
      return spellObject(value as object);
  }
}

function spellObject(value: object): string {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('base64')}`;
  if (value instanceof Date) return `timestamp:${value.getTime()}`;
  if (isCelUint(value)) return `uint:${value.value}`;
  if (isCelList(value) || Array.isArray(value)) return `list[${[...value].map(spell).join(',')}]`;
  if (isCelMap(value) || value instanceof Map) return spellEntries([...value]);
  if (value instanceof Optional) return value.hasValue() ? `optional:${spell(value.value())}` : 'optional:none';
  const name = value.constructor?.name ?? '';
  if (name === 'UnsignedInt') return `uint:${String((value as { valueOf(): unknown }).valueOf())}`;
  if (name === 'Duration') {
    const { seconds, nanos } = value as { seconds: bigint; nanos: number };
    return `duration:${seconds}.${nanos}`;
  }
  if ('$typeName' in value) return spellMessage(value as Record<string, unknown> & { $typeName: string });
  if (name === 'Type') return `type:${(value as { name: string }).name}`;
  if (name === 'Object' || name === '') {
    const typed = value as { kind?: unknown; name?: unknown };
    if (typeof typed.kind === 'string' && typeof typed.name === 'string') return `type:${typed.name}`;
    return spellEntries(Object.entries(value));
  }
  return `type:${(value as { name?: string }).name ?? name}`;
}

function spellMessage(message: Record<string, unknown> & { $typeName: string }): string {
  if (message.$typeName === 'google.protobuf.Timestamp')
    return `timestamp:${Number(message['seconds']) * 1000 + Math.trunc(Number(message['nanos']) / 1e6)}`;
  if (message.$typeName === 'google.protobuf.Duration') return `duration:${message['seconds']}.${message['nanos']}`;
  if ('value' in message && message.$typeName.endsWith('Value')) return spell(message['value']);
  return `message:${message.$typeName}`;
}

function spellEntries(entries: readonly (readonly [unknown, unknown])[]): string {
  return `map{${entries
    .map(([key, value]) => `${spell(key)}=${spell(value)}`)
    .sort()
    .join(',')}}`;
}

const seconds = (text: string): string => {
  const [whole = '0', fraction = ''] = text.replace(/s$/, '').split('.');
  return `duration:${BigInt(whole)}.${Number(fraction.padEnd(9, '0').slice(0, 9)) || 0}`;
};

/** The spelling of a `cel.expr.Value` as JSON. */
function expected(value: Readonly<Record<string, unknown>>): string {
  const [kind, held] = Object.entries(value)[0] ?? ['nullValue', null];
  switch (kind) {
    case 'int64Value':
      return `int:${held}`;
    case 'uint64Value':
      return `uint:${held}`;
    case 'doubleValue':
      return spell(Number(held === 'Infinity' ? Infinity : held === '-Infinity' ? -Infinity : held));
    case 'bytesValue':
      return `bytes:${held}`;
    case 'typeValue':
      return `type:${held}`;
    case 'listValue':
      return `list[${((held as { values?: Record<string, unknown>[] }).values ?? []).map(expected).join(',')}]`;
    case 'mapValue': {
      const entries =
        (held as { entries?: { key: Record<string, unknown>; value: Record<string, unknown> }[] }).entries ?? [];
      return `map{${entries
        .map((entry) => `${expected(entry.key)}=${expected(entry.value)}`)
        .sort()
        .join(',')}}`;
    }
    case 'objectValue':
      return expectedObject(held as Record<string, unknown>);
    default:
      return spell(held);
  }
}

function expectedObject(held: Record<string, unknown>): string {
  const name = String(held['@type']).split('/').at(-1) ?? '';
  if (name === 'google.protobuf.Timestamp') return `timestamp:${new Date(String(held['value'])).getTime()}`;
  if (name === 'google.protobuf.Duration') return seconds(String(held['value']));
  return `message:${name}`;
}

/** A binding's JavaScript value; undefined where the case needs protobuf. */
function bound(value: Readonly<Record<string, unknown>>): unknown {
  const [kind, held] = Object.entries(value)[0] ?? ['nullValue', null];
  switch (kind) {
    case 'int64Value':
      return BigInt(held as string);
    case 'doubleValue':
      return Number(held);
    case 'bytesValue':
      return Uint8Array.from(Buffer.from(held as string, 'base64'));
    case 'listValue':
      return ((held as { values?: Record<string, unknown>[] }).values ?? []).map(bound);
    case 'mapValue': {
      const entries =
        (held as { entries?: { key: Record<string, unknown>; value: Record<string, unknown> }[] }).entries ?? [];
      return new Map(entries.map((entry) => [bound(entry.key), bound(entry.value)]));
    }
    default:
      return held;
  }
}

function bindingsOf(test: Case['test']): Map<string, unknown> {
  const given = (test['bindings'] ?? {}) as Record<string, { value?: Record<string, unknown> }>;
  return new Map(Object.entries(given).map(([name, { value }]) => [name, bound(value ?? {})]));
}

async function runners(specFolder: string): Promise<Readonly<Record<string, Runner>>> {
  const { getTestRegistry } = await import(pathToFileURL(`${specFolder}/dist/esm/testdata/registry.js`).href);
  const registry = getTestRegistry();
  return {
    '@bufbuild/cel': (expr, bindings, test) => {
      const env = celEnv({ namespace: String(test['container'] ?? ''), registry, funcs: [...strings] });
      const result = plan(env, parseBuf(expr))(Object.fromEntries(bindings) as never);
      return isCelError(result) ? 'error' : spell(result);
    },
    '@marcbachmann/cel-js': (expr, bindings) => {
      const env = new Environment({
        unlistedVariablesAreDyn: true,
        homogeneousAggregateLiterals: false,
        enableOptionalTypes: true,
      });
      return spell(env.evaluate(expr, Object.fromEntries(bindings)));
    },
  };
}

function passes(run: Runner, one: Case): boolean {
  const wantsError = 'evalError' in one.test || 'anyEvalErrors' in one.test;
  const wanted = 'value' in one.test ? expected(one.test['value'] as Record<string, unknown>) : 'bool:true';
  try {
    const got = run(one.expr, bindingsOf(one.test), one.test);
    return wantsError ? got === 'error' : got === wanted;
  } catch {
    return wantsError;
  }
}

const specFolder =
  process.argv[2] ??
  createRequire(import.meta.url)
    .resolve('@bufbuild/cel-spec/testdata/tests.js')
    .replace(/\/dist\/.*$/, '');
const { tests } = await import(pathToFileURL(`${specFolder}/dist/esm/testdata/conformance.js`).href);
const cases = casesOf(tests as Suite).filter((one) => !('typedResult' in one.test) && one.test['checkOnly'] !== true);
const plain = cases.filter((one) => !needsProtobuf(one));
const core = plain.filter((one) => !/_ext$|^macros2$|^optionals$/.test(one.section));
const share = (failed: readonly Case[], of: readonly Case[]): string =>
  `${of.length - of.filter((one) => failed.includes(one)).length} of ${of.length}`;

/** Microseconds for one evaluation and for parsing, of an expression as channels have them. */
function speed(library: string): { readonly parseMicros: number; readonly evaluateMicros: number } {
  const source =
    'pools.exists(p, "nodeType" in p.labels && p.labels.nodeType == "systemNode") ? name + "-system" : name';
  const pools = [1, 2, 3].map((number) => ({
    name: `p${number}`,
    labels: { nodeType: number === 3 ? 'systemNode' : 'appNode' },
  }));
  const env = new Environment({ unlistedVariablesAreDyn: true });
  const prepare: () => (bindings: never) => unknown =
    library === '@bufbuild/cel' ? () => plan(bufEnv, parseBuf(source)) as never : () => env.parse(source) as never;
  const bindings = { pools, name: 'shop' } as never;
  const micros = (work: () => unknown, rounds: number): number => {
    for (let round = 0; round < rounds / 10; round++) work();
    const start = performance.now();
    for (let round = 0; round < rounds; round++) work();
    return Math.round(((performance.now() - start) / rounds) * 10_000) / 10;
  };
  const program = prepare();
  return { parseMicros: micros(prepare, 1000), evaluateMicros: micros(() => program(bindings), 5000) };
}
const bufEnv = celEnv();

const report = Object.entries(await runners(specFolder)).map(([library, run]) => {
  const failed = cases.filter((one) => !passes(run, one));
  const failedPlain = failed.filter((one) => !needsProtobuf(one));
  return {
    library,
    all: share(failed, cases),
    withoutProtobuf: share(failed, plain),
    coreLanguage: share(failed, core),
    speed: speed(library),
    failedBySection: Object.fromEntries(
      [...new Set(failedPlain.map((one) => one.section))].map((section) => [
        section,
        failedPlain.filter((one) => one.section === section).length,
      ]),
    ),
    failedInCore: failedPlain.filter((one) => core.includes(one)).map((one) => `${one.name}: ${one.expr}`),
  };
});
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
