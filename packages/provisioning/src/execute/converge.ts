import type { Change } from '@roadstead/definition';
import { messageOf, type RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode, isInUse, isNotSeenYet, refusedByAws } from '../calls/aws-failure.ts';
import type { AwsRunContext, StepResult } from './context.ts';
import { followUpdate, isFailedUpdate, type UpdateReference } from './follow-update.ts';
import { pollDelay } from './poll-delay.ts';
import { longest, notConverging, propagation, report, type StepWork, timedOut } from './step-work.ts';

/** What one look at a thing says is to be done. */
export type Pass =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly status: string; readonly for: string }
  | Act;

/** One request. */
export interface Act {
  readonly kind: 'act';
  readonly what: string;
  readonly send: () => Promise<UpdateReference | undefined>;
}

export interface Convergence {
  /** Where the line of the plan does not say. */
  readonly usualSeconds: number;
  /** A wait never lasts longer, scaled as polls are. Default four times what is usual; three minutes at least. */
  readonly longestSeconds?: number;
  /** An update that EKS calls failed may still come to hold: the thing itself is looked at before the failure is told. */
  readonly outlivesFailedUpdate?: boolean;
  /** Describes the thing and decides. Never sends anything. */
  look(): Promise<Pass>;
}

const maxRequests = 25;

/**
 * Looks, decides, sends at most one request, waits, and looks again, until there is nothing to do. Safe to repeat and to
 * begin anywhere: a thing that is being made or changed already is waited for.
 */
export function converge(
  context: AwsRunContext,
  change: Pick<Change, 'id' | 'what' | 'usualSeconds'>,
  convergence: Convergence,
): Promise<StepResult> {
  const usualSeconds = change.usualSeconds ?? convergence.usualSeconds;
  return new Converging(context, { ...convergence, change, usualSeconds }).run();
}

/** One step on its way. Between two looks it remembers no more than how its requests went. */
class Converging {
  readonly #context: AwsRunContext;
  readonly #work: StepWork & Convergence;
  readonly #started: number;
  #requests = 0;
  /** Looks since the last request that was taken. */
  #quiet = 0;
  /** Why the last request was not taken. */
  #busy: string | undefined;
  /** Since when AWS has not seen what the request names, seconds. */
  #unseenSince: number | undefined;
  /** The update that failed, where the thing is looked at nevertheless. */
  #failed: RoadsteadError | undefined;

  constructor(context: AwsRunContext, work: StepWork & Convergence) {
    this.#context = context;
    this.#work = work;
    this.#started = context.clock.monotonic();
  }

  async run(): Promise<StepResult> {
    const { clock, pollScale, signal } = this.#context;
    for (;;) {
      signal.throwIfAborted();
      const pass = await this.#look();
      if (pass.kind === 'done') {
        this.#report('DONE');
        return { outcome: this.#requests > 0 ? 'changed' : 'unchanged', seconds: this.#elapsed() };
      }
      if (this.#elapsed() > longest(this.#context, this.#work)) throw this.#tooLong(pass);
      if (pass.kind === 'wait') this.#report(pass.status, pass.for);
      else await this.#act(pass);
      await clock.sleep(pollDelay(this.#quiet, pollScale), signal);
      this.#quiet += 1;
    }
  }

  /** After an update that failed, a look that fails too is only its echo. */
  async #look(): Promise<Pass> {
    try {
      return await this.#work.look();
    } catch (error) {
      throw this.#failed ?? refusedByAws(this.#work.change.what, error);
    }
  }

  async #act({ what, send }: Act): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#requests >= maxRequests) {
      throw notConverging(this.#work.change.what, what);
    }
    this.#report('REQUESTED', what);
    try {
      const update = await send();
      this.#requests += 1;
      if (update !== undefined) await followUpdate(this.#context, this.#work, update, () => this.#elapsed());
    } catch (error) {
      if (isAlreadySo(error)) this.#requests += 1;
      else if (this.#work.outlivesFailedUpdate === true && isFailedUpdate(error)) this.#failed = error;
      else return this.#tryLater(error);
    }
    this.#quiet = 0;
    this.#busy = undefined;
    this.#unseenSince = undefined;
  }

  /** Throws what will not pass by itself. */
  #tryLater(error: unknown): void {
    const busy = isInUse(error);
    if (!busy) {
      if (!isNotSeenYet(error)) throw refusedByAws(this.#work.change.what, error);
      this.#unseenSince ??= this.#elapsed();
      const unseen = this.#elapsed() - this.#unseenSince;
      if (unseen > propagation(this.#context)) throw refusedByAws(this.#work.change.what, error);
    }
    this.#busy = messageOf(error);
    this.#report(busy ? 'BUSY' : 'NOT SEEN YET', this.#busy);
  }

  #tooLong(pass: Exclude<Pass, { kind: 'done' }>): RoadsteadError {
    const waitsFor = pass.kind === 'wait' ? pass.for : (this.#busy ?? pass.what);
    return this.#failed ?? timedOut(this.#work, this.#elapsed(), waitsFor);
  }

  #report(status: string, reason?: string): void {
    report(this.#context, this.#work, status, this.#elapsed(), reason);
  }

  /** Seconds. */
  #elapsed(): number {
    return (this.#context.clock.monotonic() - this.#started) / 1000;
  }
}

/** EKS refuses an update that would change nothing; the next look finds out whether that is true. */
function isAlreadySo(error: unknown): boolean {
  const code = awsErrorCode(error);
  return (
    (code === 'InvalidParameterException' || code === 'InvalidRequestException') &&
    /already at the desired|no changes needed|no update/i.test(messageOf(error))
  );
}
