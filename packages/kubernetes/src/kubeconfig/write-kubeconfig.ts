import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';

export interface KubeconfigEntry {
  /** Names the cluster, the user and the context. */
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  /** As kubeconfigs have it: `{ exec: … }`, `{ token }`, `{ client-certificate-data, client-key-data }`. */
  readonly user: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
}

export interface WriteKubeconfigOptions {
  /** Makes the entry the current context. Default false: the user's choice stays. */
  readonly setCurrent?: boolean;
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
  const document = parseDocument(fresh ? 'apiVersion: v1\nkind: Config\n' : text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new RoadsteadError('the kubeconfig is not valid YAML, so it is left as it is', {
      code: 'KUBECONFIG_INVALID',
      hint: 'Mend it, or write to another file.',
    });
  }
  const cluster = { server: entry.server, 'certificate-authority-data': Buffer.from(entry.caPem).toString('base64') };
  const context = {
    cluster: entry.name,
    user: entry.name,
    ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
  };
  putNamed(document, 'clusters', { name: entry.name, cluster });
  putNamed(document, 'users', { name: entry.name, user: entry.user });
  putNamed(document, 'contexts', { name: entry.name, context });
  if (fresh || options.setCurrent === true) document.set('current-context', entry.name);
  return document.toString({ lineWidth: 0 });
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
  return removed ? document.toString({ lineWidth: 0 }) : undefined;
}

/** Writes an entry into just this file: readable by its owner alone, whole or not at all. */
export async function writeKubeconfigEntry(
  file: string,
  entry: KubeconfigEntry,
  options: WriteKubeconfigOptions = {},
): Promise<void> {
  await replaceFile(file, withKubeconfigEntry(await readOrEmpty(file), entry, options));
}

/** Takes an entry out of just this file; nothing happens when it is not there. */
export async function removeKubeconfigEntry(file: string, name: string): Promise<void> {
  const text = await readOrEmpty(file);
  const left = text === '' ? undefined : withoutKubeconfigEntry(text, name);
  if (left !== undefined) await replaceFile(file, left);
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

async function replaceFile(file: string, text: string): Promise<void> {
  // A kubeconfig is often a link into a dotfiles folder: the link stays, its target changes.
  const target = await realpath(file).catch(() => file);
  const next = `${target}.roadstead-new`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, target);
  } catch (cause) {
    await rm(next, { force: true });
    throw new RoadsteadError(`${file} cannot be written`, {
      code: 'KUBECONFIG_UNWRITABLE',
      value: file,
      hint: 'Is the folder writable and the disk not full?',
      cause,
    });
  }
}
