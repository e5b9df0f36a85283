import { connectReader, countNodes, type NodeCount, type PreparedUp, type ReadingWorld } from '@roadstead/lifecycle';
import { type ObservedAws, observe } from '@roadstead/provisioning';
import { isStandardInput, sourceFlag } from '../cluster-source.ts';
import type { Colours } from './console.ts';
import { columns, section } from './tables.ts';

/** What a cluster consists of, in a page. */
export interface Summary {
  readonly cluster: string;
  readonly endpoint: string;
  readonly kubernetes: string;
  readonly nodes: readonly NodeCount[];
  readonly components: readonly { readonly name: string; readonly objects: number }[];
  readonly addons: readonly { readonly name: string; readonly version: string; readonly status: string }[];
  readonly stacks: readonly { readonly name: string; readonly status: string }[];
}

export async function summaryOf(
  world: ReadingWorld,
  { release }: Pick<PreparedUp, 'release'>,
  signal: AbortSignal,
): Promise<Summary> {
  const observed = await observe(world.reader, release, { drift: false, clock: world.clock, signal });
  const client = connectReader(world, observed);
  const nodes = client === undefined ? [] : (await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })).items;
  await client?.close();
  return {
    cluster: release.cluster.name,
    endpoint: observed.eks?.endpoint ?? '(none)',
    kubernetes: observed.eks?.version ?? release.kubernetes,
    nodes: countNodes(nodes),
    components: release.components.map(({ name, objects }) => ({ name, objects: objects.length })),
    ...partsOf(observed),
  };
}

export function partsOf(observed: ObservedAws): Pick<Summary, 'addons' | 'stacks'> {
  return {
    addons: Object.values(observed.addons).map(({ name, described, status }) => ({
      name,
      version: String(described.addonVersion ?? ''),
      status,
    })),
    stacks: Object.values(observed.stacks).map(({ stackName, status }) => ({ name: stackName, status })),
  };
}

export function summaryText(summary: Summary, file: string, colours: Colours): string[] {
  const { nodes, addons, components, stacks } = summary;
  const source = sourceFlag(file);
  return [
    '',
    `${colours.bold(summary.cluster)} is up: Kubernetes ${summary.kubernetes} at ${summary.endpoint}`,
    '',
    ...section(colours.bold('nodes'), nodeRows(nodes)),
    ...section(
      colours.bold('add-ons'),
      addons.map(({ name, version, status }) => [name, version, status]),
    ),
    ...section(
      colours.bold('components'),
      components.map(({ name, objects }) => [name, `${objects} objects`, 'ready']),
    ),
    ...section(
      colours.bold('in AWS'),
      stacks.map(({ name, status }) => [`stack ${name}`, status]),
    ),
    '',
    `Go on with${isStandardInput(file) ? ', FILE being what was read here' : ''}:`,
    ...columns([
      [`roadstead kubeconfig ${source}`, 'then kubectl get nodes'],
      [`roadstead plan ${source}`, 'what would change'],
      [`roadstead down ${source}`, 'take it all down'],
    ]),
  ];
}

/** A row for each pool, zone and type. */
export function nodeRows(nodes: readonly NodeCount[]): string[][] {
  return nodes.map(({ pool, zone, instanceType, ready, total }) => [
    pool,
    zone,
    instanceType,
    `${ready}/${total} ready`,
  ]);
}
