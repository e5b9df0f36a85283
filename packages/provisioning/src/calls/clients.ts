import { type ProxySettings, RoadsteadError } from '@roadstead/foundation';
import type { AwsReader, AwsWriter, ServiceName } from './aws-port.ts';
import { type HttpAnswer, refusalOf, wayToHttpEndpoint } from './http-endpoint-proxy.ts';
import { readOperations } from './reads.ts';
import { requestHandlerOf } from './request-handler.ts';
import { writeOperations } from './writes.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Called anew when the last answer has expired, as the SDK's providers are. */
export type CredentialSource = AwsCredentials | (() => Promise<AwsCredentials>);

export interface AwsClientsOptions {
  readonly region: string;
  /** One address for every service, as the sandbox's gateway; absent: AWS's own. */
  readonly endpoint?: string;
  /** Absent: always the direct way. */
  readonly proxy?: ProxySettings;
  /** Absent: the SDK's default chain, which knows no proxy; `defaultCredentials` does. */
  readonly credentials?: CredentialSource;
  /** As `roadstead/0.1.0`; AWS shows it in CloudTrail. */
  readonly userAgent: string;
  /** Tries per call, the first included. Default 5. */
  readonly maxAttempts?: number;
  /** Per try, milliseconds. Default 20,000. */
  readonly requestTimeoutMs?: number;
}

interface SdkClient {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: object) => Promise<object>,
        context: { commandName?: string },
      ) => (args: object) => Promise<object>,
      options:
        | { step: 'initialize'; name: string; priority: 'high' }
        | { step: 'deserialize'; name: string; priority: 'low' },
    ): void;
  };
  send(command: object, options: { abortSignal?: AbortSignal }): Promise<object>;
  destroy(): void;
}

interface LoadedService {
  readonly client: SdkClient;
  readonly command: (operation: string, input: object) => object;
}

const modules: { readonly [S in ServiceName]: { readonly client: string; readonly load: () => Promise<object> } } = {
  sts: { client: 'STSClient', load: () => import('@aws-sdk/client-sts') },
  iam: { client: 'IAMClient', load: () => import('@aws-sdk/client-iam') },
  ssm: { client: 'SSMClient', load: () => import('@aws-sdk/client-ssm') },
  eks: { client: 'EKSClient', load: () => import('@aws-sdk/client-eks') },
  cloudformation: { client: 'CloudFormationClient', load: () => import('@aws-sdk/client-cloudformation') },
  ec2: { client: 'EC2Client', load: () => import('@aws-sdk/client-ec2') },
  elb: { client: 'ElasticLoadBalancingClient', load: () => import('@aws-sdk/client-elastic-load-balancing') },
  elbv2: {
    client: 'ElasticLoadBalancingV2Client',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  },
  autoscaling: { client: 'AutoScalingClient', load: () => import('@aws-sdk/client-auto-scaling') },
  logs: { client: 'CloudWatchLogsClient', load: () => import('@aws-sdk/client-cloudwatch-logs') },
};

export interface AwsClients {
  readonly reader: AwsReader;
  /** Absent when made read-only. */
  readonly writer?: AwsWriter;
  /** Closes the sockets. */
  close(): void;
}

/**
 * Clients for one account and region, each service loaded when first called (EC2 alone costs 0.3 s and 94 MB). The
 * reader's clients carry a guard that refuses any operation not on the read list, whatever the types were told.
 */
export function createAwsClients(
  options: AwsClientsOptions & { readonly readOnly: true },
): AwsClients & { writer?: never };
export function createAwsClients(options: AwsClientsOptions & { readonly readOnly: false }): Required<AwsClients>;
export function createAwsClients(options: AwsClientsOptions & { readonly readOnly: boolean }): AwsClients;
export function createAwsClients(options: AwsClientsOptions & { readonly readOnly: boolean }): AwsClients {
  const readers = lazyServices(options, 'read');
  const writers = lazyServices(options, 'write');
  const send = async (
    services: typeof readers,
    service: ServiceName,
    operation: string,
    input: object,
    signal?: AbortSignal,
  ) => {
    signal?.throwIfAborted();
    const { client, command } = await services.get(service);
    return client.send(command(operation, input), signal === undefined ? {} : { abortSignal: signal });
  };
  const reader = {
    region: options.region,
    read: (service: ServiceName, operation: string, input: object, signal?: AbortSignal) =>
      send(readers, service, operation, input, signal),
  } as unknown as AwsReader;
  const writer = {
    region: options.region,
    write: (service: ServiceName, operation: string, input: object, signal?: AbortSignal) =>
      send(writers, service, operation, input, signal),
  } as unknown as AwsWriter;
  const close = () => {
    readers.close();
    writers.close();
  };
  return options.readOnly ? { reader, close } : { reader, writer, close };
}

function lazyServices(options: AwsClientsOptions, use: 'read' | 'write') {
  const loaded = new Map<ServiceName, Promise<LoadedService>>();
  const clients: SdkClient[] = [];
  return {
    get(service: ServiceName): Promise<LoadedService> {
      let entry = loaded.get(service);
      if (entry === undefined) {
        entry = loadService(options, service, use).then((made) => {
          clients.push(made.client);
          return made;
        });
        loaded.set(service, entry);
      }
      return entry;
    },
    close() {
      for (const client of clients) client.destroy();
      loaded.clear();
    },
  };
}

async function loadService(
  options: AwsClientsOptions,
  service: ServiceName,
  use: 'read' | 'write',
): Promise<LoadedService> {
  const entry = modules[service];
  const sdk = (await entry.load()) as Readonly<Record<string, unknown>>;
  const Client = sdk[entry.client] as new (config: object) => SdkClient;
  const client = new Client(clientConfig(options));
  const allowed: readonly string[] = use === 'read' ? readOperations[service] : writeOperations[service];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace(/Command$/, '');
      if (!allowed.includes(operation)) throw notOnTheList(service, operation, use);
      return next(args);
    },
    { step: 'initialize', name: `roadstead-${use}-list`, priority: 'high' },
  );
  nameRefusals(client, options);
  return {
    client,
    command: (operation, input) => {
      const Command = sdk[`${operation}Command`] as (new (input: object) => object) | undefined;
      if (Command === undefined) throw notOnTheList(service, operation, use);
      return new Command(input);
    },
  };
}

/** A proxy for http answers in the place of AWS: what it says is told before the SDK looks for AWS's words in it. */
function nameRefusals(client: SdkClient, { proxy, endpoint }: AwsClientsOptions): void {
  const way = wayToHttpEndpoint(proxy, endpoint);
  if (way === undefined) return;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = (await next(args)) as { readonly response: HttpAnswer };
      const refusal = refusalOf(way, result.response);
      if (refusal !== undefined) throw refusal;
      return result;
    },
    { step: 'deserialize', name: 'roadstead-proxy-refusals', priority: 'low' },
  );
}

function notOnTheList(service: string, operation: string, use: 'read' | 'write'): RoadsteadError {
  return new RoadsteadError(`${service}:${operation} is not on the list of operations that ${use}`, {
    code: 'AWS_OPERATION_REFUSED',
    value: `${service}:${operation}`,
    hint: 'the lists are packages/provisioning/src/calls/reads.ts and writes.ts',
  });
}

function clientConfig(options: AwsClientsOptions): object {
  return {
    region: options.region,
    maxAttempts: options.maxAttempts ?? 5,
    retryMode: 'standard',
    customUserAgent: options.userAgent,
    requestHandler: requestHandlerOf({ ...options, requestTimeoutMs: options.requestTimeoutMs ?? 20_000 }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
}
