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
  const clients = createAwsClients({ ...awsOptions(config, place.region), readOnly: true });
  await whoAmI(clients.reader, place.account, abort);
  return { world: clients.reader, close: async () => clients.close() };
}

/** What looks: its AWS clients refuse to write. */
export async function openReadingWorld(context: CommandContext, place: Place): Promise<Opened<ReadingWorld>> {
  const { config, clock } = context;
  const aws = await openReader(context, place);
  const store = await openRecorded(context);
  return {
    world: { ...common(config), reader: aws.world, store, clock },
    close: async () => {
      await aws.close();
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
  const clients = createAwsClients({ ...awsOptions(config, place.region), readOnly: false });
  const { reader, writer } = clients;
  await whoAmI(reader, place.account, abort);
  const store = await openStore(placeOf(config));
  const holder = identifyHolder({ host: config.host, pid: process.pid, purpose, user: config.user });
  return {
    world: { ...common(config), reader, writer, store, clock, holder },
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

function common(config: CliConfig) {
  return {
    credentials: defaultCredentials(),
    pollScale: 1 / config.pollFactor,
    isGone: isHolderGone,
    userAgent,
    ...(config.awsEndpoint === undefined ? {} : { endpoint: config.awsEndpoint }),
  };
}

function awsOptions(config: CliConfig, region: string) {
  return { region, userAgent, ...(config.awsEndpoint === undefined ? {} : { endpoint: config.awsEndpoint }) };
}
