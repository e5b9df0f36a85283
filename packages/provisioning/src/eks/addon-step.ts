import type { Release, ReleaseAddon } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { planMoved, refuseMoved } from '../execute/plan-moved.ts';
import { describeAddon, observeAssociations } from '../observe/observe-eks.ts';
import type { ObservedAddon } from '../observe/observed.ts';
import { desiredAddon } from '../plan/desired.ts';
import { addonFields, compareFields, type FieldDifference } from '../plan/eks-fields.ts';
import { worstClass } from '../plan/lines.ts';
import { describedAddon } from '../plan/plan-addons.ts';
import { usual } from '../plan/usual-seconds.ts';
import { followed, sendEks, unfollowed } from './eks-write.ts';
import { describeIssues, unhealthy } from './health.ts';
import { pickMembers } from './requests.ts';

/** Installs an EKS add-on or brings it to its version and configuration, and waits until EKS calls it ACTIVE. */
export async function applyAddon(
  context: AwsRunContext,
  change: Change,
  release: Release,
  addon: ReleaseAddon,
): Promise<StepResult> {
  const outputs = await liveOutputs(context, release, addon.request);
  const desired = settled(change.what, desiredAddon(release, addon, outputs));
  return new AddonWork(context, change, addon.request.addonName, desired).run();
}

class AddonWork {
  readonly #context: AwsRunContext;
  readonly #change: Change;
  readonly #name: string;
  readonly #desired: JsonObject;
  #begun = false;
  #updates = 0;

  constructor(context: AwsRunContext, change: Change, name: string, desired: JsonObject) {
    this.#context = context;
    this.#change = change;
    this.#name = name;
    this.#desired = desired;
  }

  run(): Promise<StepResult> {
    return converge(this.#context, {
      change: this.#change,
      resource: this.#change.what,
      usualSeconds: this.#change.usualSeconds ?? usual.addon,
      longestSeconds: usual.addon * 12,
      outlivesFailedUpdate: true,
      look: () => this.#look(),
    });
  }

  async #look(): Promise<Pass> {
    const { reader, cluster, signal } = this.#context;
    const found = await describeAddon(reader, cluster, this.#name, signal);
    if (found === undefined) return { kind: 'act', what: 'install the add-on', send: () => this.#create() };
    switch (found.status) {
      case 'CREATE_FAILED':
        if (this.#begun) throw unhealthy(this.#change.what, found.status, found.health);
        return { kind: 'act', what: 'delete what failed before', send: () => this.#delete() };
      case 'DELETE_FAILED':
        return { kind: 'act', what: 'delete it again', send: () => this.#delete() };
      case 'UPDATE_FAILED':
        if (this.#updates > 0) throw unhealthy(this.#change.what, found.status, found.health);
        return this.#update(found, []);
      case 'ACTIVE':
        return (await this.#compare(found)) ?? { kind: 'done' };
      case 'DEGRADED':
        return (await this.#compare(found)) ?? this.#wait(found);
      default:
        this.#begun ||= found.status === 'CREATING';
        return this.#wait(found);
    }
  }

  #wait(found: ObservedAddon): Pass {
    return { kind: 'wait', status: found.status, for: describeIssues(found.health) || 'its pods' };
  }

  async #compare(found: ObservedAddon): Promise<Pass | undefined> {
    const { reader, cluster, signal } = this.#context;
    const asked = this.#desired.podIdentityAssociations !== undefined;
    const podIdentityAssociations = asked ? await observeAssociations(reader, cluster, signal) : [];
    const described = describedAddon(found, { podIdentityAssociations });
    const differences = compareFields(addonFields, this.#desired, described);
    if (differences.length === 0) return undefined;
    const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : ('disruptive' as const)));
    refuseMoved(this.#change, { class: worstClass(classes), fields: differences });
    if (!differences.some(({ rule }) => rule.how === 'replace')) return this.#update(found, differences);
    if (this.#begun || this.#change.action !== 'replace') {
      throw planMoved(this.#change, 'a field differs that cannot be changed in place');
    }
    return { kind: 'act', what: 'delete it, to install it anew', send: () => this.#delete() };
  }

  #update(found: ObservedAddon, differences: readonly FieldDifference[]): Pass {
    const onlyTags = differences.length > 0 && differences.every(({ path }) => path === 'tags');
    if (onlyTags) {
      const request = { resourceArn: found.arn, tags: this.#desired.tags ?? {} };
      return {
        kind: 'act',
        what: 'TagResource',
        send: () => unfollowed(sendEks(this.#context, 'TagResource', request)),
      };
    }
    const fields = [
      'addonVersion',
      'configurationValues',
      'serviceAccountRoleArn',
      'podIdentityAssociations',
      'resolveConflicts',
    ];
    const body = pickMembers(this.#desired, fields);
    const state = JSON.stringify([body, found.described.modifiedAt ?? null]);
    const request = {
      clusterName: this.#context.cluster,
      addonName: this.#name,
      ...body,
      clientRequestToken: clientToken(this.#context, this.#change, 'update', state),
    };
    const send = async () => {
      this.#updates += 1;
      const reference = { name: this.#context.cluster, addonName: this.#name };
      return followed(await sendEks(this.#context, 'UpdateAddon', request), reference);
    };
    return { kind: 'act', what: `change ${differences.map(({ path }) => path).join(', ') || 'what failed'}`, send };
  }

  #create(): Promise<undefined> {
    this.#begun = true;
    const clientRequestToken = clientToken(this.#context, this.#change, 'create');
    const request = { ...this.#desired, clusterName: this.#context.cluster, clientRequestToken };
    return unfollowed(sendEks(this.#context, 'CreateAddon', request));
  }

  #delete(): Promise<undefined> {
    const request = { clusterName: this.#context.cluster, addonName: this.#name, preserve: false };
    return unfollowed(sendEks(this.#context, 'DeleteAddon', request));
  }
}

/** Removes an add-on and its objects. Nothing to do when it is not there. */
export function deleteAddon(context: AwsRunContext, change: Change, addonName: string): Promise<StepResult> {
  const clusterName = context.cluster;
  let tried = false;
  return converge(context, {
    change,
    resource: change.what,
    usualSeconds: change.usualSeconds ?? usual.addonDelete,
    look: async () => {
      const found = await describeAddon(context.reader, clusterName, addonName, context.signal);
      if (found === undefined) return { kind: 'done' };
      if (found.status === 'DELETE_FAILED' && tried) throw unhealthy(change.what, found.status, found.health);
      if (/^(CREATING|UPDATING|DELETING)$/.test(found.status)) {
        return { kind: 'wait', status: found.status, for: 'its objects to go' };
      }
      const send = () => {
        tried = true;
        return unfollowed(sendEks(context, 'DeleteAddon', { clusterName, addonName, preserve: false }));
      };
      return { kind: 'act', what: 'delete the add-on', send };
    },
  });
}
