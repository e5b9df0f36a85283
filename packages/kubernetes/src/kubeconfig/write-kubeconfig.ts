import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RoadsteadError, systemClock } from '@roadstead/foundation';
import { type Document, isMap, isSeq, parseDocument, type ToStringOptions } from 'yaml';
import { chooseName, identityExtension, type TakenName } from './choose-name.ts';

export interface KubeconfigEntry {
  /** Names the cluster, the user and the context. */
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  /** As kubeconfigs have it: `{ exec: … }`, `{ token }`, `{ client-certificate-data, client-key-data }`. */
  readonly user: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  /** Of the cluster; kept with the entry, which is known by it when the cluster is made anew. */
  readonly arn?: string;
}

export interface WriteKubeconfigOptions {
  /** Makes the entry the current context. Default false: the user's choice stays. */
  readonly setCurrent?: boolean;
  /** How long to wait for another who writes the file; default 5 s. */
  readonly lockTimeoutMs?: number;
}

/**
 * The text of a kubeconfig with an entry put in or replaced. Other entries, comments and their order stay as they are.
 * `text` is empty for a new file, which then gets the entry as its current context: there is no other.
 */
export function withKubeconfigEntry(
  text: string,
  entry: KubeconfigEntry,
  options: WriteKubeconfigOptions = {},
): string {
  const fresh = text.trim() === '';
  const { document } = parseConfig(text);
  const cluster = {
    server: entry.server,
    'certificate-authority-data': Buffer.from(entry.caPem).toString('base64'),
    ...(entry.arn === undefined ? {} : { extensions: [{ name: identityExtension, extension: { arn: entry.arn } }] }),
  };
  const context = {
    cluster: entry.name,
    user: entry.name,
    ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
  };
  putNamed(document, 'clusters', { name: entry.name, cluster });
  putNamed(document, 'users', { name: entry.name, user: entry.user });
  putNamed(document, 'contexts', { name: entry.name, context });
  if (fresh || options.setCurrent === true) document.set('current-context', entry.name);
  return document.toString(styleOf(text));
}

/** Its document and what it says. An empty text is an empty kubeconfig. */
function parseConfig(text: string): { readonly document: Document; readonly config: unknown } {
  const document = parseDocument(text.trim() === '' ? 'apiVersion: v1\nkind: Config\n' : text);
  try {
    if (document.errors.length === 0 && isMap(document.contents))
      return { document, config: document.toJS() as unknown };
  } catch {
    // Falls through: an alias without its anchor.
  }
  throw new RoadsteadError('the kubeconfig is not valid YAML, so it is left as it is', {
    code: 'KUBECONFIG_INVALID',
    hint: 'Mend it, or write to another file.',
  });
}

/** As the file is written: kubectl does not indent lists. */
function styleOf(text: string): ToStringOptions {
  return {
    lineWidth: 0,
    indentSeq: !/^(clusters|contexts|users):[^\S\n]*\n- /m.test(text),
    flowCollectionPadding: !/\{\S/.test(text),
  };
}

/** The text without the entry; `undefined` when it has none. A current context that pointed to it is emptied. */
export function withoutKubeconfigEntry(text: string, name: string): string | undefined {
  const document = parseDocument(text);
  let removed = false;
  for (const list of ['clusters', 'users', 'contexts']) {
    const sequence = document.get(list);
    if (!isSeq(sequence)) continue;
    const index = indexOfName(sequence.items, name);
    if (index >= 0) {
      sequence.items.splice(index, 1);
      removed = true;
    }
  }
  if (document.get('current-context') === name) document.set('current-context', '');
  return removed ? document.toString(styleOf(text)) : undefined;
}

/** Under which name an entry was written, and the better ones that lead to other clusters. */
export interface WrittenEntry {
  readonly name: string;
  readonly avoided: readonly TakenName[];
}

/**
 * Writes an entry into just this file: readable by its owner alone, whole or not at all. A name that leads to another cluster stays
 * as it is: then the entry gets the first of `otherNames` that does not. Rejects with KUBECONFIG_NAME_TAKEN when all do.
 */
export async function writeKubeconfigEntry(
  file: string,
  entry: KubeconfigEntry,
  options: WriteKubeconfigOptions & { readonly otherNames?: readonly string[] } = {},
): Promise<WrittenEntry> {
  let written: WrittenEntry = { name: entry.name, avoided: [] };
  await changeFile(file, options.lockTimeoutMs, (text) => {
    const choice = chooseName(parseConfig(text).config, [entry.name, ...(options.otherNames ?? [])], entry);
    if (choice.kind === 'none') throw taken(file, choice.avoided);
    written = choice;
    return withKubeconfigEntry(text, { ...entry, name: choice.name }, options);
  });
  return written;
}

function taken(file: string, names: readonly TakenName[]): RoadsteadError {
  const told = names.map(({ name, server }) => `${name} (${server ?? 'without a server'})`).join(', ');
  return new RoadsteadError(`${file} has other clusters by the name of: ${told}`, {
    code: 'KUBECONFIG_NAME_TAKEN',
    value: names,
    hint: 'Nothing was written, as somebody may be using them. Choose another name by --context, or another file.',
  });
}

/** Takes an entry out of just this file; nothing happens when it is not there. */
export async function removeKubeconfigEntry(file: string, name: string): Promise<void> {
  if ((await readOrEmpty(file)) === '') return;
  await changeFile(file, undefined, (text) => (text === '' ? undefined : withoutKubeconfigEntry(text, name)));
}

function putNamed(
  document: Document,
  list: string,
  entry: { readonly name: string; readonly [member: string]: unknown },
): void {
  const sequence = document.get(list);
  if (!isSeq(sequence)) {
    document.set(list, document.createNode([entry]));
    return;
  }
  const index = indexOfName(sequence.items, entry.name);
  if (index >= 0) sequence.items[index] = document.createNode(entry);
  else sequence.add(document.createNode(entry));
}

function indexOfName(items: readonly unknown[], name: string): number {
  return items.findIndex((item) => isMap(item) && item.get('name') === name);
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new RoadsteadError(`${file} cannot be read`, {
      code: 'KUBECONFIG_UNREADABLE',
      value: file,
      hint: 'Does it exist, and may you read it?',
      cause: error,
    });
  }
}

/**
 * Reads, changes and replaces a file while nobody else does: kubectl locks by the same file. `undefined` leaves it as it is.
 */
async function changeFile(
  file: string,
  lockTimeoutMs = 5_000,
  change: (text: string) => string | undefined,
): Promise<void> {
  // A kubeconfig is often a link into a dotfiles folder: the link stays, its target changes.
  const target = await realpath(file).catch(() => file);
  const lock = `${target}.lock`;
  const next = `${target}.${process.pid}.roadstead-new`;
  await writing(file, () => mkdir(dirname(target), { recursive: true, mode: 0o700 }));
  await takeLock(file, lock, lockTimeoutMs);
  try {
    const text = change(await readOrEmpty(target));
    if (text === undefined) return;
    await writing(file, async () => {
      await rm(next, { force: true });
      await writeFile(next, text, { mode: 0o600, flag: 'wx' });
      await rename(next, target);
    });
  } finally {
    await rm(next, { force: true });
    await rm(lock, { force: true });
  }
}

const lockPollMs = 20;

async function takeLock(file: string, lock: string, timeoutMs: number): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  for (;;) {
    try {
      await writing(file, () => writeFile(lock, '', { mode: 0o600, flag: 'wx' }));
      return;
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (systemClock.monotonic() > deadline)
        throw new RoadsteadError(`${file} is being written by somebody else, who holds ${lock}`, {
          code: 'KUBECONFIG_LOCKED',
          value: lock,
          retry: 'backoff',
          hint: 'Try again; when nobody writes it any more, delete the lock.',
        });
      await systemClock.sleep(lockPollMs);
    }
  }
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof RoadsteadError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
}

async function writing(file: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new RoadsteadError(`${file} cannot be written`, {
      code: 'KUBECONFIG_UNWRITABLE',
      value: file,
      hint: 'Is the folder writable and the disk not full?',
      cause,
    });
  }
}
