import { timingSafeEqual } from 'node:crypto';
import { messageOf } from '@roadstead/foundation';
import type { FaultRule, Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { ModelViolation, Unimplemented } from './pipeline.ts';
import type { WireAnswer, WireRequest } from './protocol/http.ts';
import { bodyText } from './protocol/http.ts';

/** A sandbox's own control route: what it answers, or its promise resolves to, becomes JSON. Throw `ControlRefusal` for a wrong request. */
export type ControlHandler = (body: unknown, query: ReadonlyMap<string, string>, rest: string) => unknown;

export interface ControlParts {
  readonly token: string;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly violations: readonly ModelViolation[];
  readonly unimplemented: ReadonlyMap<string, Unimplemented>;
  readonly inventory: () => Promise<unknown>;
  readonly status: () => unknown;
  /** Routes of whoever embeds the gateway, as `POST stop`. */
  readonly routes: Readonly<Record<string, ControlHandler>>;
}

export class ControlRefusal extends Error {
  override readonly name = 'ControlRefusal';
}

export const controlPrefix = '/_roadstead/';

/** Answers one request under `/_roadstead/`. Without the bearer token: 401. */
export async function handleControl(parts: ControlParts, request: WireRequest): Promise<WireAnswer> {
  if (!hasToken(request, parts.token)) return json(401, { error: 'The control token is missing or wrong.' });
  const [noun = '', ...rest] = request.path.slice(controlPrefix.length).split('/');
  const handler = { ...own(parts), ...parts.routes }[`${request.method} ${noun}`];
  if (handler === undefined)
    return json(404, { error: `There is no control route ${request.method} ${request.path}.` });
  try {
    const text = bodyText(request.body);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return json(200, (await handler(body, new Map(request.query), rest.map(decodeURIComponent).join('/'))) ?? {});
  } catch (error) {
    const isRefusal = error instanceof ControlRefusal || error instanceof SyntaxError || error instanceof URIError;
    return json(isRefusal ? 400 : 500, { error: messageOf(error) });
  }
}

function hasToken(request: WireRequest, token: string): boolean {
  const given = Buffer.from(request.headers['authorization'] ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function json(status: number, body: unknown): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function own(parts: ControlParts): Readonly<Record<string, ControlHandler>> {
  const { journal, faults } = parts;
  return {
    'GET status': () => parts.status(),
    'GET journal': (_, query) => ({ ...journal.totals, entries: journal.since(Number(query.get('since') ?? 0)) }),
    'GET counts': () => ({ counts: journal.counts }),
    'GET service-calls': () => ({ calls: journal.serviceCalls }),
    'GET faults': () => ({ faults: faults.list() }),
    'POST faults': (body) => ({ id: faults.add(readFaultRule(body)) }),
    'DELETE faults': (_body, _query, id) => {
      if (id === '') faults.clear();
      else if (!faults.remove(id)) throw new ControlRefusal(`There is no fault rule ${id}.`);
      return {};
    },
    'GET holds': () => ({ holds: faults.holds }),
    'DELETE holds': (_body, _query, id) => {
      if (!faults.release(id)) throw new ControlRefusal(`No request ${id} is held.`);
      return {};
    },
    'GET unimplemented': () => ({ unimplemented: [...parts.unimplemented.values()] }),
    'GET violations': () => ({ violations: parts.violations }),
    'GET inventory': () => parts.inventory(),
  };
}

/**
 * A fault rule from JSON. `{mutating: true, holdAt: N, phase}` is short for holding the N-th mutating request from now.
 */
export function readFaultRule(body: unknown): FaultRule {
  if (typeof body !== 'object' || body === null) throw new ControlRefusal('A fault rule is a JSON object.');
  const given = new Map<string, unknown>(Object.entries(body));
  const text = (name: string): string | undefined => typed(given, name, 'string');
  const number = (name: string): number | undefined => typed(given, name, 'number');
  const holdAt = number('holdAt');
  const names = [
    'service',
    'operation',
    'account',
    'region',
    'mutating',
    'input',
    'nth',
    'times',
    'by',
    'action',
    'holdAt',
    'phase',
  ];
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ControlRefusal(`A fault rule has no member ${unknown}; it has ${names.join(', ')}.`);
  const by = readBy(text('by'));
  const action =
    holdAt === undefined
      ? readAction(given.get('action'))
      : readAction({ kind: 'hold', phase: text('phase') ?? 'before' });
  if (by === 'backend' && action.kind === 'hold') throw new ControlRefusal('Only requests of clients can be held.');
  const optional = {
    service: text('service'),
    operation: text('operation'),
    account: text('account'),
    region: text('region'),
    mutating: typed<boolean>(given, 'mutating', 'boolean'),
    input: given.get('input'),
    nth: holdAt ?? number('nth'),
    times: number('times'),
    by,
  };
  return { ...defined(optional), action };
}

function readBy(text: string | undefined): FaultRule['by'] | undefined {
  if (text === undefined || text === 'client' || text === 'backend') return text;
  throw new ControlRefusal('by is client or backend.');
}

function defined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function typed<T>(given: ReadonlyMap<string, unknown>, name: string, type: string): T | undefined {
  const value = given.get(name);
  if (value !== undefined && typeof value !== type) throw new ControlRefusal(`${name} is a ${type}.`);
  return value as T | undefined;
}

function readAction(value: unknown): FaultRule['action'] {
  if (typeof value !== 'object' || value === null) throw new ControlRefusal('A fault rule needs an action.');
  const given = new Map<string, unknown>(Object.entries(value));
  const kind = given.get('kind');
  if (kind === 'throttle') return { kind };
  if (kind === 'delay') return { kind, ms: typed<number>(given, 'ms', 'number') ?? 1000 };
  if (kind === 'hold') {
    const phase = given.get('phase');
    if (phase !== 'before' && phase !== 'after') throw new ControlRefusal('phase is before or after.');
    return { kind, phase };
  }
  if (kind !== 'error') throw new ControlRefusal('kind is error, throttle, delay or hold.');
  const code = typed<string>(given, 'code', 'string');
  if (code === undefined) throw new ControlRefusal('An error needs a code.');
  if (!/^[\w.:-]+$/.test(code)) throw new ControlRefusal('The code of an error is one word: it goes into a header.');
  const status = typed<number>(given, 'status', 'number');
  const message = typed<string>(given, 'message', 'string') ?? 'A fault was asked for.';
  return { kind, code, message, ...(status === undefined ? {} : { status }) };
}
