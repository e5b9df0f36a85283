import type { AwsError } from '../service.ts';
import type { WireAnswer, WireRequest } from './http.ts';

/** Smithy's RPC over CBOR: such requests are passed on unread, and refused in their own form. */
export function isCbor(request: WireRequest): boolean {
  return request.headers['smithy-protocol'] === 'rpc-v2-cbor';
}

/** The operation that the path of such a request names. */
export function operationInPath(request: WireRequest): string | undefined {
  return /^\/service\/[^/]+\/operation\/(\w+)$/.exec(request.path)?.[1];
}

/** An error as RPC over CBOR has it: a map of texts. */
export function writeCborError({ code, message, status }: AwsError, requestId: string): WireAnswer {
  const headers = {
    'content-type': 'application/cbor',
    'smithy-protocol': 'rpc-v2-cbor',
    'x-amzn-requestid': requestId,
  };
  return { status, headers, body: mapOfTexts({ __type: code, message }) };
}

/** RFC 8949: a map is major type 5, a text 3; the additional information holds the length. */
function mapOfTexts(members: Readonly<Record<string, string>>): Uint8Array {
  const pairs = Object.entries(members);
  return Buffer.concat([head(5, pairs.length), ...pairs.flat().map(text)]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([head(3, bytes.length), bytes]);
}

function head(majorType: number, length: number): Uint8Array {
  const first = majorType << 5;
  if (length < 24) return Uint8Array.of(first | length);
  return Uint8Array.of(first | 26, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
}
