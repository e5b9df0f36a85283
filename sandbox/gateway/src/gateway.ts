import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '@roadstead/foundation';
import { Authorizer } from './access/authorizer.ts';
import { IdentityPolicies } from './access/identity-policies.ts';
import { OnBehalf } from './access/on-behalf.ts';
import type { Asked } from './access/resources.ts';
import { createBackend } from './backend.ts';
import { type AdminIdentity, makeAdministrators } from './bootstrap.ts';
import { type ControlHandler, controlPrefix, handleControl } from './control.ts';
import { Faults } from './faults.ts';
import { listen } from './http-server.ts';
import { findRole, learnAccessKeys } from './identity/iam-lookups.ts';
import { Identities } from './identity/identities.ts';
import { type PresignedVerdict, verifyPresignedGetCallerIdentity } from './identity/presigned-caller.ts';
import { readInventory } from './inventory.ts';
import { Journal } from './journal.ts';
import { regionsOf } from './model/regions.ts';
import { ServiceModels } from './model/service-models.ts';
import { handleRequest, type ModelViolation, type Unimplemented } from './pipeline.ts';
import { isMutating } from './reads.ts';
import type { AwsRequest, AwsService, Backend } from './service.ts';
import { createIamSimulation } from './services/iam-simulation.ts';
import { createPricingService } from './services/pricing.ts';
import { createServiceQuotasService } from './services/service-quotas.ts';
import { createSsmService } from './services/ssm.ts';
import { createStsService } from './services/sts.ts';
import { callUpstream, createUpstream } from './upstream.ts';

/** A service that says what it holds, for the inventory that tests compare. */
export type InventoriedService = AwsService & { inventory?(): unknown };

export interface GatewayOptions {
  /** botocore's `data` folder. */
  readonly botocoreData: string;
  /** Where moto listens. */
  readonly upstreamUrl: string;
  readonly clock: Clock;
  readonly controlToken: string;
  /** Default: 123456789012 and 210987654321. */
  readonly accounts?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  readonly log?: (fields: object, message: string) => void;
  /** Further control routes, as `{'POST stop': …}`. */
  readonly routes?: Readonly<Record<string, ControlHandler>>;
  /** Goes into `GET /_roadstead/status`. */
  readonly status?: () => Readonly<Record<string, unknown>>;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly backend: Backend;
  /** The backend for one of the sandbox's own services; its calls are recorded under that name, and CloudFormation's are judged as its caller's. */
  backendFor(service: string): Backend;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly identities: Identities;
  readonly administrators: readonly AdminIdentity[];
  /** Answers of the sandbox's own services that broke their model, and crashes: tests assert it is empty. */
  readonly violations: readonly ModelViolation[];
  readonly unimplemented: ReadonlyMap<string, Unimplemented>;
  /** Adds a service of the sandbox's own; it may need the backend to be made, hence not an option. */
  register(service: InventoriedService): void;
  /** See `verifyPresignedGetCallerIdentity`; knows this gateway's keys and addresses. */
  verifyPresigned(url: string, requiredHeaders: Readonly<Record<string, string>>): PresignedVerdict;
  /** All accounts, the given regions (default: those that a client has used), and each own service's report. */
  inventory(regions?: readonly string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** The accounts of a sandbox. */
export const defaultAccounts = ['123456789012', '210987654321'] as const;

/** Services that call others with the permissions of whoever asked them. */
const actsForItsCallers: ReadonlySet<string> = new Set(['cloudformation']);

async function authorizeFor(authorizer: Authorizer, onBehalf: OnBehalf, by: string, asked: Asked): Promise<void> {
  const { caller } = onBehalf;
  if (caller !== undefined) await authorizer.check({ caller, via: `${by}.amazonaws.com` }, asked);
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const random = (length: number): string => Array.from(randomBytes(length), (byte) => base32[byte % 32]).join('');

/** Starts AWS on a loopback port: own services, moto for the rest, one administrator per account. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock, accounts = defaultAccounts } = options;
  const log = options.log ?? (() => undefined);
  const models = new ServiceModels(options.botocoreData);
  const upstream = createUpstream(options.upstreamUrl);
  const services = new Map<string, InventoriedService>();
  const identities = new Identities();
  const journal = new Journal();
  const faults = new Faults();
  const violations: ModelViolation[] = [];
  const unimplemented = new Map<string, Unimplemented>();
  const newId = (): string => randomUUID();
  const register = (service: InventoriedService): void => {
    const { service: name } = service;
    if (services.has(name)) throw new Error(`The gateway has a service ${name} already.`);
    services.set(name, service);
  };
  const policies = new IdentityPolicies(createBackend({ models, upstream, services, newId }));
  const authorizer = new Authorizer({
    policies,
    sessionOf: (accessKeyId) => identities.find(accessKeyId)?.sessionPolicies,
    nowMs: () => clock.now(),
  });
  const onBehalf = new OnBehalf();
  const iamChanged = (account: string, input: Readonly<Record<string, unknown>>): void =>
    policies.changed(account, input);
  const backendParts = { models, upstream, services, register, newId, faults, journal, iamChanged };
  const backend = createBackend(backendParts);
  const sts = createStsService({
    identities,
    findRole: (place, name) => findRole(backend, place, name),
    mayAssume: ({ caller, ...asked }, resource) =>
      authorizer.decide({ caller }, asked, { action: 'sts:AssumeRole', resource, keys: {} }),
    managedPolicies: (account, arns) => policies.ofManaged(account, arns),
    nowMs: () => clock.now(),
    random,
  });
  const ssm = createSsmService((place, operation, input) =>
    callUpstream(upstream, models, place, 'ssm', operation, input),
  );
  const simulation = createIamSimulation({ policiesOf: (principal) => policies.of(principal) });
  for (const service of [sts, ssm, simulation, createServiceQuotasService(), createPricingService()]) register(service);

  const administrators: AdminIdentity[] = [];
  for (const account of accounts) administrators.push(await makeAdministrators(backend, identities, account));

  const usedRegions = new Set<string>();
  const inventory = (regions?: readonly string[]) =>
    takeInventory(backend, services, accounts, regions ?? [...usedRegions]);
  const parts = {
    models,
    services,
    upstream,
    identities,
    authorizer,
    onBehalf,
    journal,
    faults,
    violations,
    unimplemented,
    clock,
    newId,
    log,
    regions: regionsOf(options.botocoreData),
    onSuccess: (request: AwsRequest, output: Record<string, unknown>) => {
      usedRegions.add(request.region);
      if (request.service === 'iam' && isMutating('iam', request.operation)) iamChanged(request.account, request.input);
      learnAccessKeys(backend, identities, request, output).catch((error: unknown) =>
        log({ error: String(error) }, 'access key not learned'),
      );
    },
  };
  const control = {
    token: options.controlToken,
    journal,
    faults,
    violations,
    unimplemented,
    inventory,
    status: () => ({ accounts, requests: journal.totals, ...options.status?.() }),
    routes: options.routes ?? {},
  };
  const server = await listen(
    (request, gone) =>
      request.path.startsWith(controlPrefix) ? handleControl(control, request) : handleRequest(parts, request, gone),
    options.port ?? 0,
  );
  const hosts = new Set([`127.0.0.1:${server.port}`, `localhost:${server.port}`]);
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    backend,
    backendFor: (by) =>
      createBackend({
        ...backendParts,
        by,
        ...(actsForItsCallers.has(by) ? { authorize: (asked) => authorizeFor(authorizer, onBehalf, by, asked) } : {}),
      }),
    journal,
    faults,
    identities,
    administrators,
    violations,
    unimplemented,
    register,
    inventory,
    verifyPresigned: (url, requiredHeaders) =>
      verifyPresignedGetCallerIdentity(url, {
        requiredHeaders,
        identities,
        nowMs: clock.now(),
        isOwnHost: (host) => hosts.has(host),
      }),
    async close() {
      faults.clear();
      await server.close();
      await upstream.close();
    },
  };
}

async function takeInventory(
  backend: Backend,
  services: ReadonlyMap<string, InventoriedService>,
  accounts: readonly string[],
  regions: readonly string[],
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const account of accounts) {
    for (const region of regions.toSorted())
      found[`${account}/${region}`] = await readInventory(backend, { account, region });
  }
  for (const [name, service] of services) if (service.inventory !== undefined) found[name] = service.inventory();
  return found;
}
