import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, isRoadsteadError, RoadsteadError, systemClock } from '@roadstead/foundation';
import { Audit } from './audit.ts';
import { type Engine, openPostgres, openSqlite, openSqliteForReading } from './engine.ts';
import { directoryFailure } from './engine-failure.ts';
import { inMemory } from './in-memory.ts';
import { Journal } from './journal.ts';
import { type Lease, Leases } from './leases.ts';
import { migrate, schemaAge } from './migrations.ts';
import { ClusterRecords } from './records.ts';
import { beginRun, type NewRun, type RunJournal } from './run-journal.ts';

/** What everybody may look at: records, runs, who works, who did what. */
export interface StoreReader {
  readonly records: ClusterRecords;
  readonly journal: Journal;
  readonly leases: Pick<Leases, 'read'>;
  readonly audit: Audit;
  close(): Promise<void>;
}

/**
 * Journal and cache, never truth. Any number of processes may have it open. Everybody reads; but for the leases themselves,
 * the holder of a cluster's lease alone writes, through the run that it begins.
 */
export interface Store extends StoreReader {
  readonly leases: Leases;
  /** Begins a run of the lease's cluster. Rejects with `LEASE_LOST` when the lease is no longer its holder's. */
  beginRun(lease: Lease, clock: Clock, run: NewRun): Promise<RunJournal>;
}

/** `directory` holds an embedded SQLite store; `databaseUrl` names a PostgreSQL one. */
export type StoreLocation = { readonly directory: string } | { readonly databaseUrl: string };

/** How far a machine's clock may be off its database's, so that no two are off each other by what a lease has left. */
const mostSkewMs = 15_000;

/**
 * Rejects with `STORE_CLOCK_SKEW`, or with `STORE_DISK_FULL`, `STORE_DAMAGED`, `STORE_BUSY`, `STORE_UNUSABLE`, `STORE_UNREACHABLE` or `STORE_MIGRATION`;
 * but for the first and the last, so does every call of the store.
 */
export async function openStore(location: StoreLocation, clock: Pick<Clock, 'now'> = systemClock): Promise<Store> {
  const engine = open(location);
  await demand(engine, async () => {
    refuseSkew(clock.now(), await engine.serverNow());
    await migrate(engine);
  });
  return {
    ...readerOf(engine),
    leases: new Leases(engine.db),
    beginRun: (lease, clock, run) => beginRun(engine, lease, clock, run),
  };
}

/**
 * For who only looks: nothing is made or changed, on disk or in a database. Where nothing was ever recorded nothing is found. What
 * an older Roadstead wrote is brought up to date in memory. Rejects as `openStore` does.
 */
export async function openStoreReader(
  location: StoreLocation,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<StoreReader> {
  const engine =
    'databaseUrl' in location
      ? openPostgres(location.databaseUrl)
      : openSqliteForReading(stateFile(location.directory));
  const age = await demand(engine, async () => {
    refuseSkew(clock.now(), await engine.serverNow());
    return schemaAge(engine);
  });
  if (age === 'newest') return readerOf(engine);
  try {
    return readerOf(await inMemory(age === 'older' ? engine : undefined));
  } finally {
    await engine.db.destroy();
  }
}

function readerOf({ db }: Engine): StoreReader {
  return {
    records: new ClusterRecords(db),
    journal: new Journal(db),
    leases: new Leases(db),
    audit: new Audit(db),
    close: () => db.destroy(),
  };
}

/** Closes an engine that does not do. */
async function demand<T>({ db }: Engine, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Leases end by the wall clock: a machine that is ahead would take over from one that is at work. */
function refuseSkew(own: number, server: number | undefined): void {
  const skewMs = server === undefined ? 0 : own - server;
  if (Math.abs(skewMs) <= mostSkewMs) return;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  throw new RoadsteadError(
    `This machine's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the clock of the store's database`,
    {
      code: 'STORE_CLOCK_SKEW',
      value: skewMs,
      hint: 'Leases are kept by the clock: let NTP set it on both machines, then run the same command again.',
    },
  );
}

function open(location: StoreLocation): Engine {
  if ('databaseUrl' in location) return openPostgres(location.databaseUrl);
  try {
    mkdirSync(location.directory, { recursive: true, mode: 0o700 });
    return openSqlite(stateFile(location.directory));
  } catch (error) {
    throw isRoadsteadError(error) ? error : directoryFailure(location.directory, error);
  }
}

function stateFile(directory: string): string {
  return join(directory, 'roadstead.db');
}
