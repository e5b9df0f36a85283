import type { Change, ChangeClass } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { type Act, converge, type Pass } from '../execute/converge.ts';
import { planMoved, refuseMoved } from '../execute/plan-moved.ts';
import type { HealthIssue } from '../observe/observed.ts';
import { compareFields, type FieldDifference, type FieldRule } from '../plan/eks-fields.ts';
import { worstClass } from '../plan/lines.ts';
import { isOurs } from '../plan/tags.ts';
import { act, sendEks } from './eks-write.ts';
import { describeIssues, unhealthy } from './health.ts';

/** What EKS tells of a part of a cluster that has a life of its own: a node group or an add-on. */
export interface Part {
  readonly status: string;
  readonly health: readonly HealthIssue[];
  readonly described: JsonObject;
  readonly tags: { readonly [key: string]: string };
}

/** How one kind of part is brought to its desired state. */
export interface PartWork<T extends Part> {
  readonly change: Change;
  readonly desired: JsonObject;
  readonly table: readonly FieldRule[];
  readonly usualSeconds: number;
  readonly longestSeconds: number;
  /** What making it anew does. */
  readonly replaced: ChangeClass;
  /** A part that stays DEGRADED for longer is told, milliseconds: some issues pass by themselves. */
  readonly degradedMs: number;
  /** What one that is not finished waits for, where EKS names no issue. */
  readonly waitsFor: string;
  readonly outlivesFailedUpdate?: boolean;
  describe(): Promise<T | undefined>;
  /** What is there as the table compares it. */
  comparable(found: T): Promise<JsonObject>;
  arnOf(found: T): string;
  create(clientRequestToken: string): Promise<unknown>;
  remove(): Promise<unknown>;
  /** The one request that takes differences away; there are none when an earlier update failed and is to be repeated. */
  update(found: T, differences: readonly FieldDifference[]): Act;
}

/** Makes a part and waits until EKS calls it ACTIVE, or changes it in place; one that cannot be is made anew. */
export function applyPart<T extends Part>(context: AwsRunContext, work: PartWork<T>): Promise<StepResult> {
  const { change, usualSeconds, longestSeconds, outlivesFailedUpdate = false } = work;
  const step = new PartStep(context, work);
  return converge(context, change, {
    usualSeconds,
    longestSeconds,
    outlivesFailedUpdate,
    look: async () => step.decide(await work.describe()),
  });
}

class PartStep<T extends Part> {
  readonly #context: AwsRunContext;
  readonly #work: PartWork<T>;
  /** True once this step has seen the part being made: from then on a failure is told, not mended. */
  #begun = false;
  #updated = false;
  #degradedSince: number | undefined;

  constructor(context: AwsRunContext, work: PartWork<T>) {
    this.#context = context;
    this.#work = work;
  }

  async decide(found: T | undefined): Promise<Pass> {
    if (found === undefined) return this.#create();
    switch (found.status) {
      case 'CREATE_FAILED':
        if (this.#begun) throw this.#unhealthy(found);
        return this.#delete('delete what failed before');
      case 'DELETE_FAILED':
        return this.#delete('delete it again');
      case 'UPDATE_FAILED':
        if (this.#updated) throw this.#unhealthy(found);
        return this.#update(found, []);
      case 'ACTIVE':
        this.#degradedSince = undefined;
        return (await this.#compare(found)) ?? { kind: 'done' };
      case 'DEGRADED':
        return (await this.#compare(found)) ?? this.#degraded(found);
      default:
        this.#begun ||= found.status === 'CREATING';
        return this.#wait(found);
    }
  }

  #degraded(found: T): Pass {
    const now = this.#context.clock.monotonic();
    this.#degradedSince ??= now;
    if (now - this.#degradedSince > this.#work.degradedMs) throw this.#unhealthy(found);
    return this.#wait(found);
  }

  #wait(found: T): Pass {
    return { kind: 'wait', status: found.status, for: describeIssues(found.health) || this.#work.waitsFor };
  }

  async #compare(found: T): Promise<Pass | undefined> {
    const { change, desired, table, replaced } = this.#work;
    const differences = compareFields(table, desired, await this.#work.comparable(found));
    if (differences.length === 0) return undefined;
    const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : replaced));
    refuseMoved(change, { class: worstClass(classes), fields: differences });
    if (!differences.some(({ rule }) => rule.how === 'replace')) return this.#update(found, differences);
    if (this.#begun || change.action !== 'replace') {
      throw planMoved(change, 'a field differs that cannot be changed in place');
    }
    return this.#delete('delete it, to make it anew');
  }

  /** Tags by their own call, the rest by the part's. */
  #update(found: T, differences: readonly FieldDifference[]): Pass {
    const tags = this.#work.desired.tags ?? {};
    if (differences.some(({ path }) => path === 'tags')) {
      const request = { resourceArn: this.#work.arnOf(found), tags };
      return act('tag it', () => sendEks(this.#context, 'TagResource', request));
    }
    const update = this.#work.update(found, differences);
    const send = () => {
      this.#updated = true;
      return update.send();
    };
    return { ...update, send };
  }

  #create(): Act {
    const token = clientToken(this.#context, this.#work.change, 'create');
    return act('create it', () => {
      this.#begun = true;
      return this.#work.create(token);
    });
  }

  #delete(what: string): Act {
    return act(what, () => this.#work.remove());
  }

  #unhealthy(found: T) {
    return unhealthy(this.#work.change.what, found.status, found.health);
  }
}

export interface Removal<T> {
  readonly usualSeconds: number;
  readonly longestSeconds?: number;
  /** What one that is still moving waits for. */
  readonly waitsFor?: string;
  describe(): Promise<T | undefined>;
  remove(found: T): Promise<unknown>;
}

/** Deletes a thing of EKS that is ours, by one request at a time, and waits until it has gone. Nothing to do when it is not there. */
export function removeThing<T extends { readonly tags: Part['tags'] } & Partial<Pick<Part, 'status' | 'health'>>>(
  context: AwsRunContext,
  change: Change,
  removal: Removal<T>,
): Promise<StepResult> {
  const { usualSeconds, longestSeconds, waitsFor = 'it to go' } = removal;
  let tried = false;
  return converge(context, change, {
    usualSeconds,
    ...(longestSeconds === undefined ? {} : { longestSeconds }),
    look: async () => {
      const found = await removal.describe();
      if (found === undefined) return { kind: 'done' };
      if (!isOurs(found.tags, context.cluster)) throw planMoved(change, 'Roadstead did not make it');
      const { status = '', health = [] } = found;
      if (status === 'DELETE_FAILED' && tried) throw unhealthy(change.what, status, health);
      if (/^(CREATING|UPDATING|DELETING|PENDING)$/.test(status)) {
        return { kind: 'wait', status, for: describeIssues(health) || waitsFor };
      }
      return act('delete it', () => {
        tried = true;
        return removal.remove(found);
      });
    },
  });
}
