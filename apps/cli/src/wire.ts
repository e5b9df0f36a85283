import type { ReadingWorld, World } from '@roadstead/lifecycle';
import { type AwsClients, createAwsClients, defaultCredentials, whoAmI } from '@roadstead/provisioning';
import { type Holder, openStore, type Store } from '@roadstead/store';
import type { CommandContext } from './commands/context.ts';
import { isAlive } from './commands/sandbox-process.ts';
import type { CliConfig } from './config.ts';

const userAgent = 'roadstead/0.1.0';

export interface Opened<T> {
  readonly world: T;
  close(): Promise<void>;
}

/** Where a command works. */
export interface Place {
  readonly region: string;
  /** The caller's must be the same: seen before anything of this machine is written. Absent: whosever it is. */
  readonly account?: string;
}

/** What looks: its AWS clients refuse to write. */
export async function openReadingWorld(
  { config, clock, abort }: CommandContext,
  place: Place,
): Promise<Opened<ReadingWorld>> {
  const clients = createAwsClients({ ...awsOptions(config, place.region), readOnly: true });
  await checkCaller(clients, place, abort);
  const store = await storeOf(config);
  const world = { ...common(config), reader: clients.reader, store, clock };
  return { world, close: closing(store, clients) };
}

/** What acts. */
export async function openWorld(
  { config, clock, abort }: CommandContext,
  place: Place,
  purpose: string,
): Promise<Opened<World>> {
  const clients = createAwsClients({ ...awsOptions(config, place.region), readOnly: false });
  await checkCaller(clients, place, abort);
  const store = await storeOf(config);
  const holder = { host: config.host, pid: process.pid, purpose, user: config.user };
  const world: World = {
    ...common(config),
    reader: clients.reader,
    writer: clients.writer,
    store,
    clock,
    holder,
  };
  return { world, close: closing(store, clients) };
}

async function checkCaller(
  { reader }: Pick<AwsClients, 'reader'>,
  { account }: Place,
  signal: AbortSignal,
): Promise<void> {
  if (account !== undefined) await whoAmI(reader, account, signal);
}

export function storeOf(config: CliConfig): Promise<Store> {
  return openStore(
    config.databaseUrl === undefined ? { directory: config.stateDirectory } : { databaseUrl: config.databaseUrl },
  );
}

function common(config: CliConfig) {
  return {
    credentials: defaultCredentials(),
    pollScale: 1 / config.pollFactor,
    isGone: (other: Holder) => other.host === config.host && !isAlive(other.pid),
    userAgent,
    ...(config.awsEndpoint === undefined ? {} : { endpoint: config.awsEndpoint }),
  };
}

function awsOptions(config: CliConfig, region: string) {
  return { region, userAgent, ...(config.awsEndpoint === undefined ? {} : { endpoint: config.awsEndpoint }) };
}

function closing(store: Store, clients: { close(): void }): () => Promise<void> {
  return async () => {
    clients.close();
    await store.close();
  };
}
