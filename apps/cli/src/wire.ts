import type { ReadingWorld, World } from '@roadstead/lifecycle';
import { createAwsClients, defaultCredentials } from '@roadstead/provisioning';
import { openStore, type Store } from '@roadstead/store';
import type { CommandContext } from './commands/context.ts';
import { isAlive } from './commands/sandbox-process.ts';
import type { CliConfig } from './config.ts';

const userAgent = 'roadstead/0.1.0';

export interface Opened<T> {
  readonly world: T;
  close(): Promise<void>;
}

/** What looks: its AWS clients refuse to write. */
export async function openReadingWorld(
  { config, clock }: CommandContext,
  region: string,
): Promise<Opened<ReadingWorld>> {
  const clients = createAwsClients({ ...awsOptions(config, region), readOnly: true });
  const store = await storeOf(config);
  const world = { ...common(config), reader: clients.reader, store, clock };
  return { world, close: closing(store, clients) };
}

/** What acts. */
export async function openWorld(
  { config, clock }: CommandContext,
  region: string,
  purpose: string,
): Promise<Opened<World>> {
  const clients = createAwsClients({ ...awsOptions(config, region), readOnly: false });
  const store = await storeOf(config);
  const holder = { host: config.host, pid: process.pid, purpose, user: config.user };
  const world: World = {
    ...common(config),
    reader: clients.reader,
    writer: clients.writer,
    store,
    clock,
    holder,
    isGone: (other) => other.host === config.host && !isAlive(other.pid),
  };
  return { world, close: closing(store, clients) };
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
