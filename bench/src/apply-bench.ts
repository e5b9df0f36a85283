import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mapBounded } from '@roadstead/foundation';
import {
  applyRelease,
  createKubernetesClient,
  isPlanEmpty,
  type KubernetesClient,
  type KubernetesObject,
  planRelease,
  requestsAtOnce,
  staticToken,
} from '@roadstead/kubernetes';
import { stringify } from 'yaml';
import {
  startTestControlPlane,
  type TestControlPlane,
} from '../../packages/kubernetes/src/testing/test-control-plane.ts';
import { adminToken } from './admin-token.ts';
import { output } from './child.ts';
import { type Figures, figuresOf, timed, timesFaster } from './statistics.ts';
import { type Workload, workloadOf } from './workload.ts';

export interface ApplyOptions {
  readonly objects: number;
  readonly rounds: number;
  /** Pause before each part that is timed; see `timedAtRest`. */
  readonly restMs: number;
  readonly onProgress?: (message: string) => void;
}

/** Milliseconds of one contender: everything new; the same again; the same after somebody edited one object. */
interface Lap {
  readonly create: number;
  readonly unchanged: number;
  readonly mendOne: number;
}

interface Contender {
  readonly create: Figures;
  readonly unchanged: Figures;
  readonly mendOne: Figures;
}

/**
 * `warm` is a client in a process that runs, as in the lifecycle's workers; `cold` a process of its own each time, as kubectl
 * is. `bare` sends every object at once by the same connections and neither plans nor remembers: what it needs to make new
 * ones is the API server's own share, and nobody who applies them can be faster.
 */
export interface ApplyReport {
  readonly objects: number;
  readonly rounds: number;
  readonly kubectl: Contender;
  readonly warm: Contender;
  readonly cold: Contender;
  readonly bare: Contender;
  readonly timesFasterThanKubectl: { readonly warm: Ratios; readonly cold: Ratios; readonly bare: Ratios };
}

interface Ratios {
  readonly create: number;
  readonly unchanged: number;
  readonly mendOne: number;
}

interface Track {
  readonly plane: TestControlPlane;
  readonly client: KubernetesClient;
  readonly kubeconfig: string;
  readonly directory: string;
  readonly restMs: number;
}

/** One way to apply; answers how many objects were written, where it is known. */
type Apply = () => Promise<number | undefined>;

/**
 * Applies the same mix of objects to a bare control plane by four ways in turn, each into namespaces that were not there
 * and with nothing of the others left. Each lap is checked: all is there, a second apply writes nothing, an edit is mended.
 */
export async function benchApply(options: ApplyOptions): Promise<ApplyReport> {
  const { rounds, onProgress = () => undefined } = options;
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-bench-'));
  const plane = await startTestControlPlane();
  try {
    const track = await trackOn(plane, directory, options.restMs);
    const laps: Record<Way, Lap[]> = { warm: [], kubectl: [], cold: [], bare: [] };
    for (const way of order) await lap(track, `warm-up-${way}`, way, options.objects);
    for (let round = 1; round <= rounds; round++) {
      for (const way of order) {
        const figures = await lap(track, `${way}-${round}`, way, options.objects);
        laps[way].push(figures);
        onProgress(`apply, round ${round}, ${way}: ${JSON.stringify(figures)} ms`);
      }
    }
    await track.client.close();
    return reportOf(options, laps);
  } finally {
    await plane.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function trackOn(plane: TestControlPlane, directory: string, restMs: number): Promise<Track> {
  const { server, caPem } = plane;
  const token = await adminToken(plane.client);
  const client = createKubernetesClient({ server, caPem, credentials: staticToken(token), userAgent: 'bench' });
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, stringify(kubeconfigOf(plane, token)), { mode: 0o600 });
  return { plane, client, kubeconfig, directory, restMs };
}

const ways = { warm: warmApply, kubectl: kubectlApply, cold: coldApply, bare: bareApply };
type Way = keyof typeof ways;
const order: readonly Way[] = ['warm', 'kubectl', 'cold', 'bare'];

async function lap(track: Track, name: string, way: Way, objects: number): Promise<Lap> {
  const workload = workloadOf(objects, name);
  const file = join(track.directory, `${name}.yaml`);
  await writeFile(file, workload.objects.map((object) => stringify(object)).join('---\n'));
  const apply = ways[way](track, workload, file);
  const create = await timedAtRest(track, apply);
  await demandPresent(track, workload);
  const unchanged = await timedAtRest(track, apply);
  if ((unchanged.value ?? 0) !== 0) throw new Error(`${name}: a second apply wrote ${unchanged.value} objects`);
  await edit(track, workload);
  const mend = await timedAtRest(track, apply);
  await demandMended(track, workload, mend.value);
  await clear(track, workload);
  return { create: create.ms, unchanged: unchanged.ms, mendOne: mend.ms };
}

/**
 * Controllers have followed up what the part before did, and no list of ours was a moment ago: the API server's cache asks
 * for news ten times a second at most, and whoever lists next would wait for those who listed before.
 */
async function timedAtRest<T>(
  { restMs }: Track,
  work: () => Promise<T>,
): Promise<{ readonly ms: number; readonly value: T }> {
  await setTimeout(restMs);
  return timed(work);
}

function warmApply({ client }: Track, { objects }: Workload): Apply {
  const release = [{ name: 'bench', objects }];
  return async () => {
    const plan = await planRelease(client, release, { tryNew: false });
    const { components } = await applyRelease({ client, plan });
    return components.reduce((sum, { written }) => sum + written, 0);
  };
}

function bareApply({ client }: Track, { objects }: Workload): Apply {
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  const rest = objects.filter(({ kind }) => kind !== 'Namespace');
  return async () => {
    for (const part of [namespaces, rest])
      await mapBounded(part, requestsAtOnce, (object) => client.apply(object, { fieldManager: 'bare', force: true }));
    return undefined;
  };
}

/** Its compiled code is kept from one process to the next, as `bin/roadstead` does it. */
function coldApply({ kubeconfig, directory }: Track, _workload: Workload, file: string): Apply {
  const program = join(import.meta.dirname, 'apply-process.ts');
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compile-cache') };
  return async () => {
    const text = await output(process.execPath, [program, kubeconfig, file, 'bench'], env);
    return (JSON.parse(text) as { written: number }).written;
  };
}

/** kubectl's discovery cache is its own and stays warm; conflicts are forced, or it would refuse to mend. */
function kubectlApply({ plane, kubeconfig }: Track, _workload: Workload, file: string): Apply {
  return async () => {
    await plane.kubectl('apply', '--server-side', '--force-conflicts', '-f', file, '--kubeconfig', kubeconfig);
    return undefined;
  };
}

async function demandPresent({ client }: Track, { objects }: Workload): Promise<void> {
  const kinds = new Map(objects.map(({ apiVersion, kind }) => [kind, { apiVersion, kind }]));
  const lists = await Promise.all([...kinds.values()].map((kind) => client.list(kind, { dropManagedFields: true })));
  const place = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
  const there = new Set(lists.flatMap(({ items }) => items.map(place)));
  const missing = objects.find((object) => !there.has(place(object)));
  if (missing !== undefined) throw new Error(`${place(missing)} was not applied`);
}

const sampleRef = ({ sample: { namespace, name } }: Workload) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});

async function edit({ client }: Track, workload: Workload): Promise<void> {
  await client.patch(sampleRef(workload), 'merge', { data: { mode: 'edited' } });
}

async function demandMended({ client }: Track, workload: Workload, written?: number): Promise<void> {
  const found = await client.get(sampleRef(workload));
  const mode = (found?.data as Record<string, string> | undefined)?.mode;
  if (mode !== workload.sample.value) throw new Error(`the edited object was not mended: mode is ${mode}`);
  if (written !== undefined && written !== 1) throw new Error(`one object was edited, ${written} were written`);
}

/** Nothing of the lap is left, so that no namespace that still goes away slows the next one. */
async function clear({ client }: Track, { namespaces }: Workload): Promise<void> {
  const nothing = await planRelease(client, [], { allowDataLoss: () => true });
  if (!isPlanEmpty(nothing)) await applyRelease({ client, plan: nothing });
  const kind = { apiVersion: 'v1', kind: 'Namespace' };
  await Promise.all(namespaces.map((name) => client.delete({ ...kind, name })));
  for (let attempt = 0; attempt < 600; attempt++) {
    const { items } = await client.list(kind, { dropManagedFields: true });
    if (!items.some(({ metadata }) => namespaces.includes(metadata.name))) return;
    await setTimeout(200);
  }
  throw new Error('the namespaces of the last lap are still going after two minutes');
}

function reportOf({ objects, rounds }: ApplyOptions, laps: Record<Way, readonly Lap[]>): ApplyReport {
  const kubectl = contenderOf(laps.kubectl);
  const warm = contenderOf(laps.warm);
  const cold = contenderOf(laps.cold);
  const bare = contenderOf(laps.bare);
  return {
    objects,
    rounds,
    kubectl,
    warm,
    cold,
    bare,
    timesFasterThanKubectl: {
      warm: ratiosOf(warm, kubectl),
      cold: ratiosOf(cold, kubectl),
      bare: ratiosOf(bare, kubectl),
    },
  };
}

function contenderOf(laps: readonly Lap[]): Contender {
  return {
    create: figuresOf(laps.map(({ create }) => create)),
    unchanged: figuresOf(laps.map(({ unchanged }) => unchanged)),
    mendOne: figuresOf(laps.map(({ mendOne }) => mendOne)),
  };
}

function ratiosOf(ours: Contender, theirs: Contender): Ratios {
  return {
    create: timesFaster(ours.create, theirs.create),
    unchanged: timesFaster(ours.unchanged, theirs.unchanged),
    mendOne: timesFaster(ours.mendOne, theirs.mendOne),
  };
}

function kubeconfigOf({ server, caPem }: TestControlPlane, token: string): unknown {
  const authority = Buffer.from(caPem).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'bench', user: { token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  };
}
