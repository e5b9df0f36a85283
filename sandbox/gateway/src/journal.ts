/** What became of a request: `pending` until it is answered; `abandoned` when its client left before it was begun. */
export type Outcome = 'pending' | 'ok' | 'error' | 'abandoned';

/** One request of a client. */
export interface JournalEntry {
  /** Counts from 1 without gaps, in the order of arrival. */
  readonly seq: number;
  readonly id: string;
  /** ISO 8601 */
  readonly time: string;
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly caller: string;
  /** The input without secrets and with long texts cut. */
  readonly input: unknown;
  readonly mutating: boolean;
  outcome: Outcome;
  /** The error's code. */
  error?: string;
  message?: string;
  status?: number;
  ms?: number;
  /** The fault rule that acted on it. */
  fault?: string;
}

/** Successful mutating calls of one operation on one resource. */
export interface Count {
  readonly by: 'client' | 'backend';
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  /** The input's names and ids, as `clusterName=shop nodegroupName=app`. */
  readonly resource: string;
  count: number;
  /** The ids and ARNs that the answers named, each once: two of them from one create is a thing made twice. */
  readonly made: string[];
}

/** An operation that one of the sandbox's own services called, however it ended. */
export interface ServiceCall {
  /** Signing name of the service that called, as `cloudformation`. */
  readonly by: string;
  readonly service: string;
  readonly operation: string;
}

export type NewEntry = Omit<JournalEntry, 'seq' | 'outcome' | 'error' | 'message' | 'status' | 'ms' | 'fault'>;

/** The requests of the sandbox's clients in order, and what was made. Keeps the last `limit` entries (1 kB or so each). */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #counts = new Map<string, Count>();
  readonly #serviceCalls = new Map<string, ServiceCall>();
  readonly #limit: number;
  #seq = 0;
  #mutating = 0;

  constructor(limit = 50_000) {
    this.#limit = limit;
  }

  begin(entry: NewEntry): JournalEntry {
    const whole: JournalEntry = { seq: ++this.#seq, ...entry, outcome: 'pending' };
    if (whole.mutating) this.#mutating++;
    this.#entries.push(whole);
    // In one go for many: taking the first out of a long list moves all the others.
    const spare = Math.max(1, Math.floor(this.#limit / 10));
    if (this.#entries.length >= this.#limit + spare) this.#entries.splice(0, this.#entries.length - this.#limit);
    return whole;
  }

  /** Entries with a number over `seq`, oldest first. */
  since(seq: number): readonly JournalEntry[] {
    const firstKept = Math.max(0, this.#entries.length - this.#limit);
    const firstSeq = this.#entries[0]?.seq ?? 1;
    return this.#entries.slice(Math.max(firstKept, seq + 1 - firstSeq));
  }

  /** The number of the last request, and how many were mutating. */
  get totals(): { readonly seq: number; readonly mutating: number } {
    return { seq: this.#seq, mutating: this.#mutating };
  }

  count(call: Omit<Count, 'count' | 'made' | 'resource'>, input: unknown, output: unknown): void {
    const resource = resourceOf(input);
    const key = JSON.stringify([call.by, call.account, call.region, call.service, call.operation, resource]);
    const known = this.#counts.get(key) ?? { ...call, resource, count: 0, made: [] };
    known.count++;
    const made = madeBy(output);
    if (made !== undefined && !known.made.includes(made)) known.made.push(made);
    this.#counts.set(key, known);
  }

  /** Reads too: a service that acts with its caller's permissions needs them as well. */
  serviceCalled(call: ServiceCall): void {
    this.#serviceCalls.set(JSON.stringify([call.by, call.service, call.operation]), call);
  }

  /** Each operation of each calling service once, in the order of their first calls. */
  get serviceCalls(): readonly ServiceCall[] {
    return [...this.#serviceCalls.values()];
  }

  get counts(): readonly Count[] {
    return [...this.#counts.values()];
  }
}

const naming = /(name|id|arn|Name|Id|Arn|Key|CidrBlock|GroupName)$/;
const notNaming = /(token|Token)$/;

/** What a call is about: the input's members that name something, in order. */
export function resourceOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  return Object.entries(input)
    .filter(([name, value]) => naming.test(name) && !notNaming.test(name) && typeof value === 'string')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** The first ARN or id in an output, looked for two levels deep. */
export function madeBy(output: unknown, depth = 2): string | undefined {
  if (typeof output !== 'object' || output === null) return undefined;
  const members = Object.entries(output);
  const texts = members.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  const named = texts.find(([name]) => /arn$/i.test(name)) ?? texts.find(([name]) => /^(id|.*Id)$/.test(name));
  if (named !== undefined) return named[1];
  if (depth === 0) return undefined;
  return members.map(([, value]) => madeBy(value, depth - 1)).find((found) => found !== undefined);
}

const secret = /(secret|password|token|privatekey|authorization|userdata|plaintext|ciphertext)/i;
const longest = 256;

/** An input that may be shown: secrets by name are blanked, texts over 256 characters cut, depth bounded. */
export function summarise(value: unknown, depth = 6): unknown {
  if (typeof value === 'string')
    return value.length > longest ? `${value.slice(0, longest)}… (${value.length})` : value;
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => summarise(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secret.test(name) && !/^(clientRequest|Client)Token$/i.test(name) ? '(hidden)' : summarise(item, depth - 1),
    ]),
  );
}
