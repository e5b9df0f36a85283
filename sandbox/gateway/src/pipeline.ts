import type { Clock } from '@roadstead/foundation';
import type { Authorizer } from './access/authorizer.ts';
import type { OnBehalf } from './access/on-behalf.ts';
import { ownOnly } from './backend.ts';
import { errorOf, type FaultAction, type Faults } from './faults.ts';
import { authenticate } from './identity/authenticate.ts';
import type { Identities } from './identity/identities.ts';
import { readSignature } from './identity/sigv4.ts';
import { type Journal, type JournalEntry, resourceOf, summarise } from './journal.ts';
import type { Operation, ServiceModel } from './model/service-model.ts';
import type { ServiceModels } from './model/service-models.ts';
import { describeViolations, type Violation, validate } from './model/validate.ts';
import { isCbor, operationInPath, writeCborError } from './protocol/cbor.ts';
import { formOf, type WireAnswer, type WireRequest } from './protocol/http.ts';
import {
  inputHas,
  operationNameOf,
  readAnswer,
  readError,
  readRequest,
  writeError,
  writeOutput,
} from './protocol/wire.ts';
import { isMutating } from './reads.ts';
import { AwsError, type AwsRequest, type AwsService } from './service.ts';
import { notImplemented, type Upstream } from './upstream.ts';

/** An answer of one of our services that breaks its model, or a crash of one: a bug of the sandbox, never of a client. */
export interface ModelViolation {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly problems: readonly string[];
}

export interface Unimplemented {
  readonly service: string;
  readonly operation: string;
  count: number;
}

export interface PipelineParts {
  readonly models: ServiceModels;
  readonly services: ReadonlyMap<string, AwsService>;
  readonly upstream: Upstream;
  readonly identities: Identities;
  readonly authorizer: Pick<Authorizer, 'check'>;
  readonly onBehalf: OnBehalf;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly violations: ModelViolation[];
  readonly unimplemented: Map<string, Unimplemented>;
  readonly regions: ReadonlySet<string>;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Sees every successful answer to a client, typed; for what the gateway learns from it. */
  readonly onSuccess: (request: AwsRequest, output: Record<string, unknown>) => void;
  readonly log: (fields: object, message: string) => void;
}

/** `undefined`: the client is gone, or is to get no answer at all. */
export type PipelineResult = WireAnswer | undefined;

/**
 * Carries one request of a client from the wire to its answer: who, what, fault rules, allowed by policies and model,
 * work, checked answer. Work that was begun is finished even when the client has gone, as in AWS.
 */
export async function handleRequest(
  parts: PipelineParts,
  wire: WireRequest,
  gone: AbortSignal,
): Promise<PipelineResult> {
  const id = parts.newId();
  const model = modelOf(parts.models, wire);
  try {
    const known = identify(parts, wire, model, id);
    return await carry(parts, known, gone);
  } catch (error) {
    if (!(error instanceof AwsError)) {
      parts.log(
        { requestId: id, error: String(error), stack: error instanceof Error ? error.stack : '' },
        'gateway failed',
      );
    }
    const shown =
      error instanceof AwsError ? error : new AwsError('InternalFailure', 'The sandbox failed: see its log.', 500);
    return refuse({ model, wire }, shown, id);
  }
}

/** In the form in which the client asked. */
function refuse(
  { model, wire }: { readonly model: ServiceModel | undefined; readonly wire: WireRequest },
  error: AwsError,
  id: string,
): WireAnswer {
  return isCbor(wire) ? writeCborError(error, id) : writeError(model, error, id);
}

function modelOf(models: ServiceModels, wire: WireRequest): ServiceModel | undefined {
  const signature = readSignature(wire);
  if (typeof signature === 'string') return undefined;
  return models.find(signature.service, formOf(wire).find(([name]) => name === 'Version')?.[1]);
}

interface Known {
  readonly wire: WireRequest;
  readonly request: AwsRequest;
  readonly model: ServiceModel;
  /** Absent where the gateway cannot read the service's requests and only passes them on. */
  readonly operation: Operation | undefined;
  readonly entry: JournalEntry;
  readonly startedAt: number;
}

function identify(parts: PipelineParts, wire: WireRequest, model: ServiceModel | undefined, id: string): Known {
  const startedAt = parts.clock.monotonic();
  const { identity, signature } = authenticate(wire, parts.identities, parts.clock.now());
  const { service, region } = signature;
  if (model === undefined)
    throw new AwsError('UnknownServiceException', `The sandbox knows no service ${service}.`, 404);
  if (!parts.regions.has(region)) {
    throw new AwsError('InvalidClientTokenId', `The region ${region} does not exist or is not enabled.`, 403);
  }
  const name = operationNameOf(model, wire) ?? operationInPath(wire);
  if (name === undefined)
    throw new AwsError('UnknownOperationException', `${wire.method} ${wire.path} is no operation.`, 404);
  const operation = model.operations[name];
  const input = operation === undefined || isCbor(wire) ? {} : readRequest(model, operation, wire);
  const request: AwsRequest = {
    id,
    service,
    operation: name,
    account: identity.caller.account,
    region,
    caller: identity.caller,
    input,
  };
  const entry = parts.journal.begin({
    id,
    time: new Date(parts.clock.now()).toISOString(),
    service,
    operation: name,
    account: request.account,
    region,
    caller: identity.caller.arn,
    input: summarise(input),
    mutating: isMutating(service, name) && !isDryRun(model, operation, input),
  });
  return { wire, request, model, operation, entry, startedAt };
}

function isDryRun(model: ServiceModel, operation: Operation | undefined, input: Record<string, unknown>): boolean {
  return input['DryRun'] === true && operation !== undefined && inputHas(model, operation, 'DryRun');
}

async function carry(parts: PipelineParts, known: Known, gone: AbortSignal): Promise<PipelineResult> {
  const { request, entry } = known;
  const fault = parts.faults.take({ by: 'client', mutating: entry.mutating, ...request });
  if (fault !== undefined) entry.fault = fault.id;
  const before = await applyBefore(parts, known, fault, gone);
  if (before === 'gone') {
    entry.outcome = 'abandoned';
    return undefined;
  }
  let answer: WireAnswer;
  try {
    answer = before ?? (await work(parts, known));
    settle(parts, known, answer.status < 400 ? undefined : readError({ ...answer, body: Buffer.from(answer.body) }));
  } catch (error) {
    const shown = await shownError(parts, known, error);
    settle(parts, known, shown);
    answer = refuse(known, shown, request.id);
  }
  if (fault?.action.kind === 'hold' && fault.action.phase === 'after') {
    const outcome = await parts.faults.wait(holdOf(known, fault.id, 'after'), gone);
    if (outcome === 'gone') return undefined;
  }
  return answer;
}

async function applyBefore(
  parts: PipelineParts,
  known: Known,
  fault: { readonly id: string; readonly action: FaultAction } | undefined,
  gone: AbortSignal,
): Promise<WireAnswer | 'gone' | undefined> {
  if (fault === undefined) return undefined;
  const { action, id } = fault;
  if (action.kind === 'delay') await parts.clock.sleep(action.ms, gone).catch(() => undefined);
  if (action.kind === 'hold' && action.phase === 'before') {
    return (await parts.faults.wait(holdOf(known, id, 'before'), gone)) === 'gone' ? 'gone' : undefined;
  }
  const error = errorOf(action, known.request.service);
  return error === undefined ? undefined : refuse(known, error, known.request.id);
}

function holdOf({ request, entry }: Known, rule: string, phase: 'before' | 'after') {
  const { service, operation } = request;
  return { id: request.id, rule, phase, seq: entry.seq, service, operation, resource: resourceOf(request.input) };
}

function settle(parts: PipelineParts, { entry, startedAt }: Known, error: AwsError | undefined): void {
  entry.outcome = error === undefined ? 'ok' : 'error';
  entry.ms = Math.round(parts.clock.monotonic() - startedAt);
  if (error === undefined) return;
  entry.error = error.code;
  entry.message = error.message;
  entry.status = error.status;
}

async function shownError(parts: PipelineParts, { request }: Known, error: unknown): Promise<AwsError> {
  const { id, service, operation } = request;
  if (error instanceof AwsError) {
    if (error.status === 501) noteUnimplemented(parts, service, operation);
    return error;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
  parts.log({ requestId: id, service, operation, error: text, cause }, 'a service of the sandbox failed');
  parts.violations.push({ requestId: id, service, operation, problems: [text.split('\n').slice(0, 3).join(' | ')] });
  return new AwsError(
    service === 'eks' ? 'ServerException' : 'InternalFailure',
    'The sandbox failed: see its log.',
    500,
  );
}

function noteUnimplemented(parts: PipelineParts, service: string, operation: string): void {
  const key = `${service}.${operation}`;
  const known = parts.unimplemented.get(key) ?? { service, operation, count: 0 };
  known.count++;
  parts.unimplemented.set(key, known);
  parts.log({ service, operation }, 'operation is not implemented');
}

async function work(parts: PipelineParts, known: Known): Promise<WireAnswer> {
  const { request, model } = known;
  const { service, operation, caller } = request;
  await parts.authorizer.check({ caller }, request);
  if (isDryRun(model, known.operation, request.input)) {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  }
  const own = parts.services.get(service);
  if (own?.operations.has(operation) === true) return workOwn(parts, known, own);
  if (ownOnly.has(service)) throw notImplemented(service, operation);
  return workUpstream(parts, known);
}

async function workOwn(parts: PipelineParts, known: Known, service: AwsService): Promise<WireAnswer> {
  const { request, model, operation } = known;
  if (operation === undefined) throw notImplemented(request.service, request.operation);
  const { input: inputRef, output: outputRef } = operation;
  if (inputRef !== undefined) {
    const problems = validate(model, inputRef.shape, request.input, { refuseUnknown: false });
    if (problems.length > 0) throw invalidRequest(request.service, problems);
  }
  const output = await parts.onBehalf.run(request.caller, () => service.handle(request));
  const wrong = outputRef === undefined ? [] : validate(model, outputRef.shape, output, { refuseUnknown: true });
  if (wrong.length > 0) {
    const problems = wrong.map(({ path, constraint }) => `${path}: ${constraint}`);
    parts.violations.push({ requestId: request.id, service: request.service, operation: request.operation, problems });
    parts.log(
      { requestId: request.id, service: request.service, operation: request.operation, problems },
      'answer breaks the service model',
    );
    throw new AwsError('InternalFailure', `The sandbox's answer breaks the service model: ${problems.join('; ')}`, 500);
  }
  succeed(parts, known, output);
  return writeOutput(model, operation, output, request.id);
}

/** The refusal of a request that breaks the model, by the name that the service uses for it. */
export function invalidRequest(service: string, problems: readonly Violation[]): AwsError {
  const byName: Readonly<Record<string, string>> = {
    eks: 'InvalidParameterException',
    cloudformation: 'ValidationError',
    sts: 'ValidationError',
    ec2: 'InvalidParameterValue',
  };
  return new AwsError(byName[service] ?? 'ValidationException', describeViolations(problems), 400);
}

async function workUpstream(parts: PipelineParts, known: Known): Promise<WireAnswer> {
  const { request, model, operation, wire } = known;
  const answer = await parts.upstream.forward(request, request.service, wire);
  if (answer.kind === 'missing') throw notImplemented(request.service, request.operation);
  if (answer.kind === 'broken') throw new Error(`moto failed: ${answer.reason}`);
  if (answer.status < 300 && operation !== undefined && known.entry.mutating && !isCbor(wire)) {
    succeed(parts, known, readAnswer(model, operation, answer));
  }
  return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': request.id } };
}

function succeed(parts: PipelineParts, { request, entry }: Known, output: Record<string, unknown>): void {
  const { account, region, service, operation } = request;
  if (entry.mutating) parts.journal.count({ by: 'client', account, region, service, operation }, request.input, output);
  parts.onSuccess(request, output);
}
