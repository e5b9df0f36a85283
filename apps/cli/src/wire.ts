import { identifyHolder, isHolderGone, type ReadingWorld, type World } from '@roadstead/lifecycle';
import { type AwsClients, createAwsClients, defaultCredentials, whoAmI } from '@roadstead/provisioning';
import { openStore, openStoreReader, type StoreLocation, type StoreReader } from '@roadstead/store';
import about from '../package.json' with { type: 'json' };
import type { CommandContext } from './commands/context.ts';
import type { CliConfig } from './config.ts';

const userAgent = `roadstead/${about.version}`;

export interface Opened<T> {
  readonly world: T;
  close(): Promise<void>;
}

/** Where a command works. The caller's account must be the same: seen before anything of this machine is written. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** AWS alone, by clients that refuse to write. */
export async function openReader(
  { config, abort }: CommandContext,
  place: Place,
): Promise<Opened<AwsClients['reader']>> {
  return readerOf(awsOf(config, place.region), place, abort);
}

async function readerOf(aws: Aws, place: Place, signal: AbortSignal): Promise<Opened<AwsClients['reader']>> {
  const clients = createAwsClients({ ...aws, readOnly: true });
  await whoAmI(clients.reader, place.account, signal);
  return { world: clients.reader, close: async () => clients.close() };
}

/** What looks: its AWS clients refuse to write. */
export async function openReadingWorld(context: CommandContext, place: Place): Promise<Opened<ReadingWorld>> {
  const { config, clock, abort } = context;
  const aws = awsOf(config, place.region);
  const opened = await readerOf(aws, place, abort);
  const store = await openRecorded(context);
  return {
    world: { ...common(config, aws), reader: opened.world, store, clock },
    close: async () => {
      await opened.close();
      await store.close();
    },
  };
}

/** What acts. */
export async function openWorld(
  { config, clock, abort }: CommandContext,
  place: Place,
  purpose: string,
): Promise<Opened<World>> {
  const aws = awsOf(config, place.region);
  const clients = createAwsClients({ ...aws, readOnly: false });
  const { reader, writer } = clients;
  await whoAmI(reader, place.account, abort);
  const store = await openStore(placeOf(config));
  const holder = identifyHolder({ host: config.host, pid: process.pid, purpose, user: config.user });
  return {
    world: { ...common(config, aws), reader, writer, store, clock, holder },
    close: async () => {
      clients.close();
      await store.close();
    },
  };
}

/** The store of a command that only reads: it makes nothing, and finds nothing where nothing was ever recorded. */
export function openRecorded({ config, clock }: Pick<CommandContext, 'config' | 'clock'>): Promise<StoreReader> {
  return openStoreReader(placeOf(config), clock);
}

function placeOf({ databaseUrl, stateDirectory }: CliConfig): StoreLocation {
  return databaseUrl === undefined ? { directory: stateDirectory } : { databaseUrl };
}

type Aws = ReturnType<typeof awsOf>;

/** How AWS is reached, and who calls: one search for credentials serves the clients and the tokens of the API server. */
export function awsOf({ awsEndpoint, proxy }: CliConfig, region: string) {
  const reach = {
    region,
    ...(awsEndpoint === undefined ? {} : { endpoint: awsEndpoint }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  return { ...reach, userAgent, credentials: defaultCredentials(reach) };
}

function common({ pollFactor }: CliConfig, { region: _region, ...aws }: Aws) {
  return { ...aws, pollScale: 1 / pollFactor, isGone: isHolderGone };
}
