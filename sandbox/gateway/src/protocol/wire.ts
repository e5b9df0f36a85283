import {
  namespaceOf,
  type Operation,
  type Protocol,
  protocolOf,
  type ServiceModel,
  shapeOf,
} from '../model/service-model.ts';
import { AwsError } from '../service.ts';
import { bodyText, formOf, type WireAnswer, type WireRequest } from './http.ts';
import { fromJson, toJson } from './json.ts';
import { fromForm, toForm } from './query.ts';
import { matchRoute, readRest, readRestAnswer, writeRest } from './rest.ts';
import { decodeEntities, escapeXml, fromXml, parseXml, toXml } from './xml.ts';

/** The name of the operation a request asks for; the model may not know it. `undefined`: it names none. */
export function operationNameOf(model: ServiceModel, request: WireRequest): string | undefined {
  switch (protocolOf(model)) {
    case 'query':
    case 'ec2':
      return formOf(request).find(([name]) => name === 'Action')?.[1];
    case 'json':
      return request.headers['x-amz-target']?.split('.').at(-1);
    default:
      return matchRoute(model, request)?.name;
  }
}

/** Typed input of a request. Throws `AwsError` when the body cannot be read. */
export function readRequest(model: ServiceModel, operation: Operation, request: WireRequest): Record<string, unknown> {
  const protocol = protocolOf(model);
  if (operation.input === undefined) return {};
  if (protocol === 'query' || protocol === 'ec2') return fromForm(model, operation.input, formOf(request), protocol);
  try {
    if (protocol !== 'json') return readRest(model, operation, request, protocol);
    const text = bodyText(request.body);
    const read = fromJson(model, operation.input, text === '' ? {} : JSON.parse(text));
    return read as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError) {
      throw new AwsError('SerializationException', 'The request body could not be read.', 400);
    }
    throw error;
  }
}

/** An output as the service's protocol writes it. */
export function writeOutput(
  model: ServiceModel,
  operation: Operation,
  output: Record<string, unknown>,
  requestId: string,
): WireAnswer {
  const protocol = protocolOf(model);
  const { output: ref } = operation;
  if (protocol === 'query' || protocol === 'ec2') {
    const inner = ref === undefined ? '' : toXml(model, { shape: ref.shape }, output);
    return xmlAnswer(200, requestId, wrapQuery(model, operation, protocol, inner, requestId));
  }
  if (protocol === 'rest-xml') {
    const inner = ref === undefined ? '' : toXml(model, { shape: ref.shape }, output);
    const name = ref?.locationName ?? ref?.shape ?? `${operation.name}Response`;
    return xmlAnswer(
      operation.http.responseCode ?? 200,
      requestId,
      `<${name} xmlns="${namespaceOf(model)}">${inner}</${name}>`,
    );
  }
  const body = ref === undefined ? {} : toJson(model, { shape: ref.shape }, output);
  return jsonAnswer(model, protocol, operation.http.responseCode ?? 200, requestId, body);
}

function wrapQuery(
  model: ServiceModel,
  { name, output }: Operation,
  protocol: Protocol,
  inner: string,
  id: string,
): string {
  const open = `<${name}Response xmlns="${namespaceOf(model)}">`;
  if (protocol === 'ec2') {
    const whole = inner === '' ? '<return>true</return>' : inner;
    return `${open}<requestId>${id}</requestId>${whole}</${name}Response>`;
  }
  const wrapper = output?.resultWrapper ?? `${name}Result`;
  const metadata = `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
  return `${open}<${wrapper}>${inner}</${wrapper}>${metadata}</${name}Response>`;
}

/** An error as the service's protocol writes it. Without a model the form of the rest-json services is used. */
export function writeError(model: ServiceModel | undefined, error: AwsError, requestId: string): WireAnswer {
  const protocol = model === undefined ? 'rest-json' : protocolOf(model);
  const { code, message, status, members } = error;
  if (protocol === 'ec2') {
    const body = `<Response><Errors><Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return xmlAnswer(status, requestId, body);
  }
  if (model?.metadata.serviceId === 'S3') {
    const body = `<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId></Error>`;
    return xmlAnswer(status, requestId, body);
  }
  if (protocol === 'query' || protocol === 'rest-xml') {
    const type = status >= 500 ? 'Receiver' : 'Sender';
    const namespace = model === undefined ? '' : ` xmlns="${namespaceOf(model)}"`;
    const body = `<ErrorResponse${namespace}><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return xmlAnswer(status, requestId, body);
  }
  const body = protocol === 'json' ? { __type: code, message, ...members } : { ...members, message };
  const answer = jsonAnswer(model, protocol, status, requestId, body);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

function xmlAnswer(status: number, requestId: string, body: string): WireAnswer {
  const headers = { 'content-type': 'text/xml;charset=utf-8', 'x-amzn-requestid': requestId };
  return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n` };
}

function jsonAnswer(
  model: ServiceModel | undefined,
  protocol: Protocol,
  status: number,
  requestId: string,
  body: unknown,
): WireAnswer {
  const type =
    protocol === 'json' ? `application/x-amz-json-${model?.metadata.jsonVersion ?? '1.1'}` : 'application/json';
  return { status, headers: { 'content-type': type, 'x-amzn-requestid': requestId }, body: JSON.stringify(body) };
}

/** What a client of the service would send for typed input, without signature. */
export function writeRequest(model: ServiceModel, operation: Operation, input: Record<string, unknown>): WireRequest {
  const protocol = protocolOf(model);
  if (protocol === 'rest-json' || protocol === 'rest-xml') return writeRest(model, operation, input, protocol);
  const common = { method: 'POST', path: '/', query: [] };
  if (protocol === 'json') {
    const { targetPrefix, jsonVersion } = model.metadata;
    const headers = {
      'content-type': `application/x-amz-json-${jsonVersion ?? '1.1'}`,
      'x-amz-target': `${targetPrefix}.${operation.name}`,
    };
    const body = operation.input === undefined ? {} : toJson(model, operation.input, input);
    return { ...common, headers, body: Buffer.from(JSON.stringify(body)) };
  }
  const fields = operation.input === undefined ? [] : toForm(model, operation.input, input, protocol);
  const form = new URLSearchParams([['Action', operation.name], ['Version', model.metadata.apiVersion], ...fields]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return { ...common, headers, body: Buffer.from(form.toString()) };
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Typed output of an answer. Throws `AwsError` for an error answer, in whatever form it came. */
export function readAnswer(model: ServiceModel, operation: Operation, answer: RawAnswer): Record<string, unknown> {
  if (answer.status >= 300) throw readError(answer);
  const protocol = protocolOf(model);
  if (protocol === 'rest-json' || protocol === 'rest-xml') return readRestAnswer(model, operation, answer, protocol);
  const { output } = operation;
  if (output === undefined) return {};
  const text = bodyText(answer.body);
  if (protocol === 'json')
    return fromJson(model, output, text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const document = parseXml(text);
  const root = Object.entries(document).find(([name]) => name.endsWith('Response'))?.[1];
  const inner = output.resultWrapper === undefined ? root : recordOf(root)[output.resultWrapper];
  return (fromXml(model, { shape: output.shape }, inner ?? {}) ?? {}) as Record<string, unknown>;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The error of an answer, read from XML, JSON or headers. */
export function readError(answer: RawAnswer): AwsError {
  const text = bodyText(answer.body);
  const byHeader = answer.headers['x-amzn-errortype']?.split(':')[0];
  if (text.trimStart().startsWith('{')) {
    const body = recordOf(JSON.parse(text));
    const { __type, code, message, Message, ...members } = body;
    const named = byHeader ?? [__type, code].find((name) => typeof name === 'string');
    return new AwsError(
      String(named ?? 'UnknownError')
        .split('#')
        .at(-1) ?? '',
      String(message ?? Message ?? ''),
      answer.status,
      members,
    );
  }
  const found = (name: string): string | undefined => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text)?.[1];
  const code = found('Code') ?? byHeader ?? `Http${answer.status}`;
  return new AwsError(decodeEntities(code), decodeEntities(found('Message') ?? ''), answer.status);
}

/** Whether an operation's input shape names a member; used to know `DryRun`. */
export function inputHas(model: ServiceModel, operation: Operation, member: string): boolean {
  return operation.input !== undefined && shapeOf(model, operation.input.shape).members?.[member] !== undefined;
}
