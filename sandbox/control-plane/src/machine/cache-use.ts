import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { identityOf, readIdentity, type Whereabouts, whereaboutsOf } from './process-identity.ts';

const usersFolder = '.users';
/** Of processes of other machines and containers nobody here can tell whether they live. */
const forgottenAfterMs = 7 * 24 * 3_600_000;
/** What is here under this prefix is half made or half gone, and nobody's. */
export const stagingPrefix = '.staging-';

/**
 * Notes that this process uses an entry of the cache for as long as it lives, so that nobody removes it. Whoever notes
 * first and looks afterwards has an entry that stays; what it returns takes the note back, unless this process noted it
 * before. A cache that cannot be written can be used all the same.
 */
export async function markUse(entry: string): Promise<() => Promise<void>> {
  const users = join(entry, usersFolder);
  const note = join(users, String(process.pid));
  const text = JSON.stringify(await identityOf());
  try {
    const before = await readFile(note, 'utf8').catch(() => undefined);
    await mkdir(users).catch(() => undefined);
    await writeFile(note, text);
    await utimes(users, new Date(), new Date());
    await isInUse(entry);
    return before === text ? async () => undefined : () => rm(note, { force: true });
  } catch {
    // Read only, or not there: then nobody can remove it either.
    return async () => undefined;
  }
}

/** Milliseconds since the epoch; 0 where nobody ever used it. */
export async function lastUseOf(entry: string): Promise<number> {
  return stat(join(entry, usersFolder)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Whether a process that lives noted that it uses the entry. Notes of those that are gone are forgotten. */
export async function isInUse(entry: string): Promise<boolean> {
  const users = join(entry, usersFolder);
  const names = await readdir(users).catch(() => []);
  const used = await Promise.all(names.map((name) => isUser(join(users, name))));
  return used.includes(true);
}

async function isUser(path: string): Promise<boolean> {
  const whereabouts = await whereaboutsOfNote(path);
  const isForgotten = whereabouts === 'gone' || (whereabouts !== 'running' && (await ageOf(path)) > forgottenAfterMs);
  if (isForgotten) await rm(path, { force: true }).catch(() => undefined);
  return !isForgotten;
}

/** Undefined for a note that is being written. */
async function whereaboutsOfNote(path: string): Promise<Whereabouts | undefined> {
  try {
    const identity = readIdentity(JSON.parse(await readFile(path, 'utf8')));
    return identity && (await whereaboutsOf(identity));
  } catch {
    return undefined;
  }
}

async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

/** Of alternatives to each other, those that are neither among the `keep` used last nor in use. */
export async function outdated(entries: readonly string[], keep: number): Promise<readonly string[]> {
  const known = await Promise.all(
    entries.map(async (entry) => ({ entry, at: await lastUseOf(entry), isUsed: await isInUse(entry) })),
  );
  const old = known.toSorted((a, b) => b.at - a.at || a.entry.localeCompare(b.entry)).slice(keep);
  return old.filter(({ isUsed }) => !isUsed).map(({ entry }) => entry);
}

/** Takes an entry away at once for everybody, then removes it. Whoever calls holds the lock of the cache. */
export async function removeEntry(entry: string): Promise<void> {
  const aside = join(dirname(entry), `${stagingPrefix}old-${process.pid}-${basename(entry)}`);
  await rename(entry, aside);
  await rm(aside, { recursive: true, force: true });
}
