import { readdir } from 'node:fs/promises';
import type { EksSandbox } from '@roadstead/sandbox-eks';
import { ControlRefusal, type Gateway, readFaultRule } from '@roadstead/sandbox-gateway';
import type { SandboxNodes } from '@roadstead/sandbox-nodes';
import { readNodeFault } from './node-faults.ts';
import { readProcesses } from './processes.ts';
import type { SandboxState } from './state.ts';

/** What the control port speaks of, and what is not there yet while the sandbox starts. */
export interface Late {
  readonly eks?: EksSandbox;
  readonly nodes?: SandboxNodes;
  readonly state?: SandboxState;
}

/** `GET status`: what runs, and since when. */
export function statusOf({ state, nodes, eks }: Late): Record<string, unknown> {
  if (state === undefined) return { phase: 'starting' };
  const { url, pid, startedAt, directory, factor, versions, region } = state;
  const clusters = eks?.clusters.list().map(({ account, region: where, name, minor, status, endpoint }) => ({
    account,
    region: where,
    name,
    minor,
    status,
    endpoint,
  }));
  return {
    phase: 'ready',
    url,
    pid,
    startedAt,
    directory,
    factor,
    region,
    versions,
    clusters,
    nodes: nodes?.inventory(),
  };
}

/** The control port's routes beside the gateway's own. `run` is the folder of the run's files. */
export function routesOf(
  late: Late,
  gateway: () => Gateway,
  place: { readonly account: string; readonly region: string },
  run: string,
  onStopAsked: (() => void) | undefined,
) {
  const nodeFaults = new Map<string, { readonly body: unknown; readonly clear: () => void }>();
  let next = 1;
  const list = () => ({
    faults: [...gateway().faults.list(), ...[...nodeFaults].map(([id, { body }]) => ({ id, rule: body }))],
  });
  return {
    'POST stop': () => {
      setTimeout(() => onStopAsked?.(), 50);
      return { stopping: true };
    },
    'GET faults': list,
    'POST faults': (body: unknown) => {
      const asked = readNodeFault(body, place);
      if (asked === undefined) return { id: gateway().faults.add(readFaultRule(body)) };
      if (late.nodes === undefined) throw new ControlRefusal('The nodes are not started yet.');
      const { cluster, account, region, fault } = asked;
      const id = `node-fault-${next++}`;
      nodeFaults.set(id, { body, clear: late.nodes.fault({ account, region, name: cluster }, fault) });
      return { id };
    },
    'DELETE faults': (_body: unknown, _query: unknown, id: string) => {
      for (const [known, { clear }] of nodeFaults) {
        if (id !== '' && id !== known) continue;
        clear();
        nodeFaults.delete(known);
        if (id !== '') return {};
      }
      if (id === '') gateway().faults.clear();
      else if (!gateway().faults.remove(id)) throw new ControlRefusal(`There is no fault rule ${id}.`);
      return {};
    },
    'GET inventory': async (_body: unknown, query: ReadonlyMap<string, string>) => ({
      aws: await gateway().inventory(query.get('regions')?.split(',') ?? [place.region, 'us-east-1'].toSorted()),
      nodes: late.nodes?.inventory() ?? [],
      directories: await directoriesWithFiles(run),
      processes: await readProcesses(process.pid),
    }),
  };
}

/** Relative to the root; a folder without files is nothing that stayed. */
async function directoriesWithFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const holding = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath }) => parentPath.slice(root.length + 1));
  return [...new Set(holding)].toSorted();
}
