import type { Release } from '@roadstead/channel';
import { checkTransition, type Inputs, type Problem } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import type { ReadOnlyKubernetesClient } from '@roadstead/kubernetes';
import {
  type Caller,
  inputsFromObserved,
  knownOutputs,
  type ObservedAws,
  observe,
  planAws,
  resolveInputs,
  whoAmI,
} from '@roadstead/provisioning';
import type { ClusterRecord } from '@roadstead/store';
import { chooseInputs, readCarriedInputs } from './carried-inputs.ts';
import { connectReader } from './connect.ts';
import { observedFacts } from './observed-facts.ts';
import type { Plan } from './plan.ts';
import { componentsOf, isLetIn, planObjectLines } from './plan-objects.ts';
import { type Checked, checkInputs, type DeclaredCluster, renderTarget, type Target, warningTexts } from './target.ts';
import type { ReadingWorld } from './world.ts';

/** A plan and all that it was made from, for the run that follows it. */
export interface PreparedUp {
  readonly target: Target;
  readonly caller: Caller;
  readonly inputs: Inputs;
  /** What the cluster carried when the inputs were chosen; absent when it carried none. */
  readonly carried?: Inputs;
  readonly release: Release;
  readonly observed: ObservedAws;
  readonly plan: Plan;
}

export interface PlanUpOptions {
  /** Asks the world anew for what was recorded. */
  readonly refreshInputs: boolean;
  readonly signal: AbortSignal;
}

/** The id of a cluster in the store. */
export function clusterIdOf(cluster: { account: string; region: string; name: string }): string {
  return `aws:${cluster.account}:${cluster.region}:${cluster.name}`;
}

/** Observes and compares. Writes nothing: its clients cannot. */
export async function planUp(
  world: ReadingWorld,
  target: Target,
  options: PlanUpOptions,
): Promise<Checked<PreparedUp>> {
  const { cluster } = target;
  const { signal } = options;
  const { name, account, region } = cluster;
  const caller = await whoAmI(world.reader, account, signal);
  const record = await world.store.records.read(clusterIdOf(cluster));
  const found = await observe(world.reader, { cluster: { name, account, region } }, observeOptions(world, signal));
  const client = connectReader(world, found);
  try {
    const carried = client === undefined ? undefined : await readCarriedInputs(client, signal);
    const previous = chooseInputs(record, carried) ?? inputsFromObserved(found);
    const inputs = await resolveInputs(world.reader, cluster, {
      ...(previous === undefined ? {} : { previous }),
      refresh: options.refreshInputs,
      signal,
    });
    const rendered = renderTarget(target, inputs);
    if ('problems' in rendered) return rendered;
    const release = rendered.value;
    const observed = await withNamesakes(world, release, found, signal);
    const oneWay = checkTransition(observedFacts(observed), target.file);
    if (oneWay.length > 0) return { problems: oneWay };
    const warnings = warningTexts([...target.warnings, ...checkInputs(target, inputs)]);
    const plan = await comparePlan({ world, target, caller, release, observed, record, client, warnings }, signal);
    if ('problems' in plan) return plan;
    const made = { target, caller, inputs, release, observed, plan: plan.value };
    return { value: carried === undefined ? made : { ...made, carried } };
  } finally {
    await client?.close();
  }
}

/** Stacks are found by the cluster's tag; one that has a name of ours and somebody else's tag only by its name. */
async function withNamesakes(
  world: ReadingWorld,
  release: Release,
  found: ObservedAws,
  signal: AbortSignal,
): Promise<ObservedAws> {
  const isFound = release.stacks.every(({ stackName }) => found.stacks[stackName] !== undefined);
  return isFound ? found : observe(world.reader, release, observeOptions(world, signal));
}

function observeOptions({ clock, pollScale }: ReadingWorld, signal: AbortSignal) {
  return { drift: true, clock, pollScale, signal };
}

interface Comparison {
  readonly world: ReadingWorld;
  readonly target: Target;
  readonly caller: Caller;
  readonly release: Release;
  readonly observed: ObservedAws;
  readonly record: ClusterRecord | undefined;
  /** Undefined while there is no API server. */
  readonly client: ReadOnlyKubernetesClient | undefined;
  /** Findings of the file, in words. */
  readonly warnings: readonly string[];
}

async function comparePlan(
  { world, target, caller, release, observed, record, client, warnings }: Comparison,
  signal: AbortSignal,
): Promise<Checked<Plan>> {
  const verified = record?.verifiedDigest === undefined ? {} : { verifiedDigest: record.verifiedDigest };
  const own = caller.principalArn === undefined ? {} : { ownPrincipalArn: caller.principalArn };
  const aws = planAws({ release, observed, ...verified, ...own });
  if (aws.refusals.length > 0) return { problems: aws.refusals.map((refusal) => refusalProblem(target, refusal)) };
  const components = componentsOf(release, knownOutputs(release, observed));
  const expectsAccess = isLetIn(caller, aws.changes);
  const objects = await planObjectLines(client, components, { expectsAccess, signal });
  refuseObjects(objects.refusals);
  return {
    value: {
      kind: 'up',
      header: headerOf(world, target, caller),
      version: release.version,
      digest: release.digest,
      changes: [...aws.changes, ...objects.changes],
      warnings: [...warnings, ...objects.warnings],
    },
  };
}

export function headerOf(
  world: ReadingWorld,
  target: DeclaredCluster & Partial<Pick<Target, 'channel'>>,
  caller: Caller,
): Plan['header'] {
  const { name, account, region, kubernetes } = target.cluster;
  return {
    cluster: name,
    account,
    region,
    caller: caller.arn,
    ...(target.channel === undefined ? {} : { channel: target.channel.name }),
    kubernetes,
    ...(world.endpoint === undefined ? {} : { endpoint: world.endpoint }),
  };
}

function refusalProblem(
  target: Target,
  refusal: { code: string; what: string; message: string; hint: string },
): Problem {
  return {
    file: target.file.file,
    line: 1,
    column: 1,
    severity: 'error',
    code: refusal.code,
    message: `${refusal.what}: ${refusal.message}`,
    hint: refusal.hint,
  };
}

function refuseObjects(refusals: readonly string[]): void {
  if (refusals.length === 0) return;
  throw new RoadsteadError(
    `Kubernetes would refuse ${refusals.length === 1 ? 'an object' : `${refusals.length} objects`}:\n  ${refusals.join('\n  ')}`,
    {
      code: 'OBJECTS_REFUSED',
      value: refusals,
      hint: 'Mend the channel, or leave a field to its present owner, then plan again.',
    },
  );
}
