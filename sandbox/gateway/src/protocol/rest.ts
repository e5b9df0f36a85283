import { type Operation, type ServiceModel, type ShapeRef, shapeOf } from '../model/service-model.ts';
import { bodyText, encodeRfc3986, type WireRequest } from './http.ts';
import { fromJson, toJson } from './json.ts';
import { isPresent, scalarFromText, scalarToText } from './values.ts';
import { fromXml, parseXml, toXml } from './xml.ts';

export type RestDialect = 'rest-json' | 'rest-xml';

interface Template {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** Query names (and values) that the template fixes. */
  readonly fixed: readonly (readonly [string, string | undefined])[];
  readonly literals: number;
}

const templates = new WeakMap<Operation, Template>();

function templateOf(operation: Operation): Template {
  const known = templates.get(operation);
  if (known !== undefined) return known;
  const [path = '', query = ''] = operation.http.requestUri.split('?');
  const names: string[] = [];
  const source = path
    .replace(/[.*^$()|[\]\\]/g, '\\$&')
    .replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
      names.push(name);
      return greedy === '+' ? '(.+)' : '([^/]+)';
    });
  const fixed = query === '' ? [] : query.split('&').map((pair) => pair.split('=') as [string, string | undefined]);
  const literals = path.replace(/\{\w+\+?\}/g, '').length + fixed.length * 100;
  const template = { pattern: new RegExp(`^${source.replace(/\/$/, '')}/?$`), names, fixed, literals };
  templates.set(operation, template);
  return template;
}

/** The operation whose method, path and fixed query fit; of several, the one with the most literal text. */
export function matchRoute(model: ServiceModel, request: WireRequest): Operation | undefined {
  const fits = Object.values(model.operations).filter((operation) => {
    if (operation.http.method !== request.method) return false;
    const { pattern, fixed } = templateOf(operation);
    if (!pattern.test(request.path)) return false;
    return fixed.every(([name, value]) =>
      request.query.some(([given, text]) => given === name && (value === undefined || value === text)),
    );
  });
  return fits.sort((a, b) => templateOf(b).literals - templateOf(a).literals)[0];
}

/** Reads path, query, headers and body into typed input. A body that is no JSON or XML makes a SyntaxError. */
export function readRest(
  model: ServiceModel,
  operation: Operation,
  request: WireRequest,
  dialect: RestDialect,
): Record<string, unknown> {
  if (operation.input === undefined) return {};
  const shape = shapeOf(model, operation.input.shape);
  const template = templateOf(operation);
  const parts = template.pattern.exec(request.path) ?? [];
  const input: Record<string, unknown> = readBody(model, operation.input, request, dialect);
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const wireName = member.locationName ?? name;
    const target = shapeOf(model, member.shape);
    if (member.location === 'uri') {
      const part = parts[template.names.indexOf(wireName) + 1];
      if (part !== undefined) input[name] = scalarFromText(target, decodeURIComponent(part));
    } else if (member.location === 'header') {
      const text = request.headers[wireName.toLowerCase()];
      if (text !== undefined) input[name] = scalarFromText(target, text);
    } else if (member.location === 'querystring') {
      const texts = request.query.filter(([given]) => given === wireName).map(([, text]) => text);
      if (texts.length === 0) continue;
      const item = target.type === 'list' ? target.member : undefined;
      input[name] =
        item === undefined
          ? scalarFromText(target, texts[0] ?? '')
          : texts.map((text) => scalarFromText(shapeOf(model, item.shape), text));
    }
  }
  return input;
}

function readBody(
  model: ServiceModel,
  ref: ShapeRef,
  request: WireRequest,
  dialect: RestDialect,
): Record<string, unknown> {
  const { payload, members = {} } = shapeOf(model, ref.shape);
  const payloadRef = payload === undefined ? undefined : members[payload];
  if (payload !== undefined && payloadRef !== undefined) {
    const type = shapeOf(model, payloadRef.shape).type;
    if (type === 'blob') return { [payload]: request.body };
    const text = bodyText(request.body);
    if (type === 'string') return { [payload]: text };
    if (text === '') return {};
    return {
      [payload]:
        dialect === 'rest-json' ? fromJson(model, payloadRef, JSON.parse(text)) : xmlRoot(model, payloadRef, text),
    };
  }
  const text = bodyText(request.body);
  if (text.trim() === '') return {};
  const read = dialect === 'rest-json' ? fromJson(model, bodyOnly(ref), JSON.parse(text)) : xmlRoot(model, ref, text);
  const inBody = Object.entries(read as object).filter(([name]) => members[name]?.location === undefined);
  return Object.fromEntries(inBody);
}

function bodyOnly(ref: ShapeRef): ShapeRef {
  return { shape: ref.shape };
}

function xmlRoot(model: ServiceModel, ref: ShapeRef, text: string): unknown {
  const root = Object.entries(parseXml(text)).find(([name]) => !name.startsWith('?') && name !== '#text');
  return root === undefined ? {} : fromXml(model, bodyOnly(ref), root[1]);
}

/** What a client of the service would send, without signature. */
export function writeRest(
  model: ServiceModel,
  operation: Operation,
  input: Record<string, unknown>,
  dialect: RestDialect,
): WireRequest {
  const shape = operation.input === undefined ? undefined : shapeOf(model, operation.input.shape);
  const [pathTemplate = '/', fixed = ''] = operation.http.requestUri.split('?');
  let path = pathTemplate;
  const query: [string, string][] =
    fixed === ''
      ? []
      : fixed.split('&').map((pair) => {
          const [name = '', value = ''] = pair.split('=');
          return [name, value];
        });
  const headers: Record<string, string> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape?.members ?? {})) {
    const value = input[name];
    if (!isPresent(value)) continue;
    const wireName = member.locationName ?? name;
    const text = (item: unknown): string => scalarToText(member, shapeOf(model, member.shape), item, 'iso8601');
    if (member.location === 'uri') {
      path = path
        .replace(`{${wireName}}`, encodeRfc3986(text(value)))
        .replace(`{${wireName}+}`, text(value).split('/').map(encodeRfc3986).join('/'));
    } else if (member.location === 'header') headers[wireName.toLowerCase()] = text(value);
    else if (member.location === 'querystring') {
      for (const item of Array.isArray(value) ? value : [value]) query.push([wireName, text(item)]);
    } else rest[name] = value;
  }
  const body = shape === undefined ? '' : writeBody(model, operation, rest, dialect);
  if (body.length > 0) headers['content-type'] = dialect === 'rest-json' ? 'application/json' : 'application/xml';
  return { method: operation.http.method, path, query, headers, body: Buffer.from(body) };
}

function writeBody(
  model: ServiceModel,
  operation: Operation,
  rest: Record<string, unknown>,
  dialect: RestDialect,
): string | Uint8Array {
  const ref = operation.input;
  if (ref === undefined) return '';
  const { payload, members = {} } = shapeOf(model, ref.shape);
  const payloadRef = payload === undefined ? undefined : members[payload];
  if (payload !== undefined && payloadRef !== undefined) {
    const value = rest[payload];
    if (value === undefined || value instanceof Uint8Array || typeof value === 'string') return value ?? '';
    if (dialect === 'rest-json') return JSON.stringify(toJson(model, payloadRef, value));
    return xmlDocument(model, payloadRef, payloadRef.locationName ?? payload, value);
  }
  if (Object.keys(rest).length === 0) return '';
  if (dialect === 'rest-json') return JSON.stringify(toJson(model, { shape: ref.shape }, rest));
  return xmlDocument(model, ref, ref.locationName ?? ref.shape, rest, operation.input?.xmlNamespace?.uri);
}

function xmlDocument(model: ServiceModel, ref: ShapeRef, root: string, value: unknown, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<${root}${attribute}>${toXml(model, { shape: ref.shape }, value)}</${root}>`;
}

/** Typed output from an answer of a REST service. */
export function readRestAnswer(
  model: ServiceModel,
  operation: Operation,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
  dialect: RestDialect,
): Record<string, unknown> {
  if (operation.output === undefined) return {};
  const asRequest: WireRequest = { method: '', path: '', query: [], headers: answer.headers, body: answer.body };
  const output = readBody(model, operation.output, asRequest, dialect);
  for (const [name, member] of Object.entries(shapeOf(model, operation.output.shape).members ?? {})) {
    if (member.location === 'header') {
      const text = answer.headers[(member.locationName ?? name).toLowerCase()];
      if (text !== undefined) output[name] = scalarFromText(shapeOf(model, member.shape), text);
    } else if (member.location === 'statusCode') output[name] = answer.status;
  }
  return output;
}
