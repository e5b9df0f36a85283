import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AwsError } from '@roadstead/sandbox-gateway';
import { type Keys, signature, stampOf } from './sign.ts';

interface Member {
  readonly shape: string;
  readonly location?: string;
  readonly locationName?: string;
}

interface Model {
  readonly operations: Readonly<
    Record<
      string,
      { http: { method: string; requestUri: string }; input?: { shape: string }; errors?: readonly { shape: string }[] }
    >
  >;
  readonly shapes: Readonly<Record<string, { readonly members?: Readonly<Record<string, Member>> }>>;
}

/**
 * Calls EKS over HTTP at the gateway, signed, by botocore's model. Rejects with the error's code and message, and with a
 * plain error when the model does not declare the code for the operation.
 */
export type EksClient = (operation: string, input?: Record<string, unknown>) => Promise<Record<string, unknown>>;

export function eksClient(url: string, botocoreData: string, keys: Keys, region: string): EksClient {
  const file = join(botocoreData, 'eks', '2017-11-01', 'service-2.json.gz');
  const model = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Model;
  return (operation, input = {}) => send(url, model, keys, region, operation, input);
}

/** What EKS answers though the model of the operation does not say so, and what only the sandbox says. */
const undeclared = ['ResourceNotFoundException', 'NotImplementedException'];

async function send(
  url: string,
  model: Model,
  keys: Keys,
  region: string,
  name: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const operation = model.operations[name];
  if (operation === undefined) throw new Error(`no operation ${name}`);
  const members = model.shapes[operation.input?.shape ?? '']?.members ?? {};
  let path = operation.http.requestUri;
  const query: (readonly [string, string])[] = [];
  const body: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const wire = members[key]?.locationName ?? key;
    if (members[key]?.location === 'uri') path = path.replace(`{${wire}}`, encodeURIComponent(String(value)));
    else if (members[key]?.location === 'querystring') {
      for (const item of Array.isArray(value) ? value : [value]) query.push([wire, String(item)]);
    } else body[wire] = value;
  }
  const content = Object.keys(body).length === 0 ? '' : JSON.stringify(body);
  const stamp = stampOf(Date.now());
  const host = new URL(url).host;
  const headers = { host, 'x-amz-date': stamp };
  const scope = [stamp.slice(0, 8), region, 'eks'] as const;
  const signed = signature(
    { method: operation.http.method, host, path, query, headers, body: content },
    keys,
    scope,
    stamp,
  );
  const text = query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
  const answer = await fetch(`${url}${path}${text === '' ? '' : `?${text}`}`, {
    method: operation.http.method,
    headers: {
      'x-amz-date': stamp,
      'content-type': 'application/json',
      authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope.join('/')}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signed}`,
    },
    ...(content === '' ? {} : { body: content }),
  });
  const parsed = JSON.parse((await answer.text()) || '{}') as Record<string, unknown>;
  if (answer.ok) return parsed;
  const code = answer.headers.get('x-amzn-errortype')?.split(':')[0] ?? 'Unknown';
  const declared = (operation.errors ?? []).map(({ shape }) => shape);
  if (![...declared, ...undeclared].includes(code)) {
    throw new Error(`${name} answered ${code}, which its model does not declare: ${String(parsed.message)}`);
  }
  throw new AwsError(code, String(parsed.message ?? parsed.Message ?? ''), answer.status);
}
