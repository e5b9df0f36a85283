import { hasXmlNames } from './model/xml-services.ts';
import { AwsError } from './service.ts';

/** What a rule does to a request that it takes. */
export type FaultAction =
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status?: number }
  | { readonly kind: 'throttle' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** `before`: received and not done. `after`: done and not answered. Until released or the client is gone. */
  | { readonly kind: 'hold'; readonly phase: 'before' | 'after' };

/** Which requests a rule takes, and what it does to them. Members that are left out take everything. */
export interface FaultRule {
  /** By signing name. */
  readonly service?: string;
  readonly operation?: string;
  readonly account?: string;
  readonly region?: string;
  readonly mutating?: boolean;
  /** Members the input must have, at any depth; a text with `*` matches as a wildcard. */
  readonly input?: unknown;
  /** The first matching request that is acted on, counted from 1 since the rule was made. Default 1. */
  readonly nth?: number;
  /** How many are acted on from there. Default: 1 for a hold, no end for the rest. */
  readonly times?: number;
  /** Whose requests: of clients (default), or the calls that the sandbox's own services make for them. */
  readonly by?: 'client' | 'backend';
  readonly action: FaultAction;
}

/** What a rule looks at. */
export interface FaultSubject {
  readonly by: 'client' | 'backend';
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly mutating: boolean;
  readonly input: unknown;
}

interface Armed {
  readonly id: string;
  readonly rule: FaultRule;
  /** Requests that matched so far. */
  seen: number;
}

/** A request that waits under a rule. */
export interface Hold {
  readonly id: string;
  readonly rule: string;
  readonly phase: 'before' | 'after';
  readonly seq: number;
  readonly service: string;
  readonly operation: string;
  readonly resource: string;
}

interface Waiting {
  readonly hold: Hold;
  readonly release: () => void;
}

/** The fault rules of a sandbox, and the requests that they hold. The first rule made that takes a request wins. */
export class Faults {
  readonly #armed: Armed[] = [];
  readonly #waiting = new Map<string, Waiting>();
  #next = 1;

  add(rule: FaultRule): string {
    const id = `fault-${this.#next++}`;
    this.#armed.push({ id, rule, seen: 0 });
    return id;
  }

  /** Forgets a rule; what it holds goes on. */
  remove(id: string): boolean {
    const at = this.#armed.findIndex((armed) => armed.id === id);
    if (at < 0) return false;
    this.#armed.splice(at, 1);
    for (const waiting of this.#waiting.values()) if (waiting.hold.rule === id) waiting.release();
    return true;
  }

  clear(): void {
    for (const { id } of [...this.#armed]) this.remove(id);
  }

  list(): readonly { readonly id: string; readonly rule: FaultRule; readonly seen: number }[] {
    return this.#armed.map(({ id, rule, seen }) => ({ id, rule, seen }));
  }

  /** Counts the request on each rule that matches it, and answers the first rule that acts on it. */
  take(subject: FaultSubject): { readonly id: string; readonly action: FaultAction } | undefined {
    let taken: { readonly id: string; readonly action: FaultAction } | undefined;
    for (const armed of this.#armed) {
      if (!matchesRule(armed.rule, subject)) continue;
      armed.seen++;
      if (taken === undefined && acts(armed.rule, armed.seen)) taken = { id: armed.id, action: armed.rule.action };
    }
    return taken;
  }

  get holds(): readonly Hold[] {
    return [...this.#waiting.values()].map(({ hold }) => hold);
  }

  /** Waits until the hold is released (`released`) or the client is gone (`gone`). */
  async wait(hold: Hold, gone: AbortSignal): Promise<'released' | 'gone'> {
    if (gone.aborted) return 'gone';
    try {
      return await new Promise((resolve) => {
        this.#waiting.set(hold.id, { hold, release: () => resolve('released') });
        gone.addEventListener('abort', () => resolve('gone'), { once: true });
      });
    } finally {
      this.#waiting.delete(hold.id);
    }
  }

  /** Lets a held request go on; false when there is none of that id. */
  release(id: string): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.release();
    return waiting !== undefined;
  }
}

/** Whether the `seen`-th match of a rule is one it acts on. */
export function acts(rule: FaultRule, seen: number): boolean {
  const first = rule.nth ?? 1;
  const times = rule.times ?? (rule.action.kind === 'hold' ? 1 : Number.POSITIVE_INFINITY);
  return seen >= first && seen < first + times;
}

export function matchesRule(rule: FaultRule, subject: FaultSubject): boolean {
  const named = (['service', 'operation', 'account', 'region', 'mutating'] as const).every(
    (name) => rule[name] === undefined || rule[name] === subject[name],
  );
  return (
    named && (rule.by ?? 'client') === subject.by && (rule.input === undefined || contains(subject.input, rule.input))
  );
}

/** Whether a value holds everything that `wanted` says: records by member, lists when some item fits each wanted one. */
export function contains(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string' && typeof value === 'string') return wildcard(wanted).test(value);
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && wanted.every((item) => value.some((given) => contains(given, item)));
  }
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null) return false;
  const given = new Map(Object.entries(value));
  return Object.entries(wanted).every(([name, item]) => contains(given.get(name), item));
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`, 's');
}

/** The error a rule answers with; `undefined` for rules that let the request through. */
export function errorOf(action: FaultAction, service: string): AwsError | undefined {
  if (action.kind === 'error') return new AwsError(action.code, action.message, action.status ?? 400);
  if (action.kind !== 'throttle') return undefined;
  if (service === 'ec2') return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  if (service === 'eks') return new AwsError('ThrottlingException', 'Rate exceeded', 429);
  return new AwsError(hasXmlNames(service) ? 'Throttling' : 'ThrottlingException', 'Rate exceeded', 400);
}
