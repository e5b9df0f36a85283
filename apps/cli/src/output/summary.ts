import { connectReader, countNodes, type NodeCount, type PreparedUp, type ReadingWorld } from '@roadstead/lifecycle';
import { type ObservedAws, observe } from '@roadstead/provisioning';
import type { Colours } from './console.ts';

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
  const table = (rows: readonly (readonly string[])[]): string[] => columns(rows).map((row) => `  ${row}`);
  return [
    '',
    `${colours.bold(summary.cluster)} is up: Kubernetes ${summary.kubernetes} at ${summary.endpoint}`,
    '',
    colours.bold('nodes'),
    ...table(
      summary.nodes.map(({ pool, zone, instanceType, ready, total }) => [
        pool,
        zone,
        instanceType,
        `${ready}/${total} ready`,
      ]),
    ),
    colours.bold('add-ons'),
    ...table(summary.addons.map(({ name, version, status }) => [name, version, status])),
    colours.bold('components'),
    ...table(summary.components.map(({ name, objects }) => [name, `${objects} objects`, 'ready'])),
    colours.bold('in AWS'),
    ...table(summary.stacks.map(({ name, status }) => [`stack ${name}`, status])),
    '',
    'Go on with:',
    `  roadstead kubeconfig -f ${file}     then kubectl get nodes`,
    `  roadstead plan -f ${file}           what would change`,
    `  roadstead down -f ${file}           take it all down`,
  ];
}

/** Rows with their cells aligned. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
