import { gunzipSync } from 'node:zlib';

/** What an instance reads at boot, opened: the NodeConfig documents in their order, or why there are none. */
export type UserData =
  | { readonly kind: 'documents'; readonly documents: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

interface Part {
  readonly mediaType: string;
  readonly boundary: string | undefined;
  readonly encoding: string;
  readonly body: string;
}

const nodeConfigMediaType = 'application/node.eks.aws';

/**
 * Opens user data as nodeadm does: base64 and gzip are undone where present; of a MIME multi-part message the parts
 * of type `application/node.eks.aws` count, in order; anything that is not multi-part is read as one NodeConfig.
 * `encoded` is what EC2 hands out: base64 once around the raw bytes.
 */
export function openUserData(encoded: string | undefined): UserData {
  if (encoded === undefined || encoded.trim() === '') return refused('could not find NodeConfig within UserData');
  const text = inflate(Buffer.from(encoded, 'base64'));
  if (text === undefined) return refused('failed to decompress user data: gzip: invalid header');
  const message = parsePart(text);
  if (!message.mediaType.startsWith('multipart/')) return { kind: 'documents', documents: [text] };
  if (message.boundary === undefined)
    return refused('mime: no boundary parameter in the Content-Type of the user data');
  const parts = splitParts(message.body, message.boundary);
  if (parts === undefined)
    return refused('multipart: NextPart: EOF (the closing boundary of the user data is missing)');
  const documents = parts.filter((part) => part.mediaType === nodeConfigMediaType).map(decodeBody);
  return documents.length === 0
    ? refused('could not find NodeConfig within UserData')
    : { kind: 'documents', documents };
}

function refused(reason: string): UserData {
  return { kind: 'refused', reason };
}

function inflate(bytes: Buffer): string | undefined {
  const inner = looksLikeBase64(bytes) ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
  if (!(inner[0] === 0x1f && inner[1] === 0x8b)) return inner.toString('utf8');
  try {
    return gunzipSync(inner).toString('utf8');
  } catch {
    return undefined;
  }
}

function looksLikeBase64(bytes: Buffer): boolean {
  const text = bytes.toString('latin1').replace(/\s+/g, '');
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function decodeBody(part: Part): string {
  const raw = part.encoding === 'base64' ? Buffer.from(part.body, 'base64') : Buffer.from(part.body, 'utf8');
  return inflate(raw) ?? '';
}

function parsePart(text: string): Part {
  const normal = text.replace(/\r\n/g, '\n');
  const end = normal.indexOf('\n\n');
  const head = end < 0 ? '' : normal.slice(0, end).replace(/\n[ \t]+/g, ' ');
  const headers = new Map<string, string>();
  for (const line of head.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const contentType = headers.get('content-type') ?? '';
  return {
    mediaType: (contentType.split(';')[0] ?? '').trim().toLowerCase(),
    boundary: /boundary="?([^";]+)"?/i.exec(contentType)?.[1]?.trim(),
    encoding: (headers.get('content-transfer-encoding') ?? '').toLowerCase(),
    body: end < 0 ? normal : normal.slice(end + 2),
  };
}

/** `undefined`: the closing boundary is missing. */
function splitParts(body: string, boundary: string): readonly Part[] | undefined {
  const lines = body.split('\n');
  const parts: string[][] = [];
  for (const line of lines) {
    const trimmed = line.trimEnd();
    if (trimmed === `--${boundary}--`) return parts.map((part) => parsePart(withHead(part)));
    if (trimmed === `--${boundary}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return undefined;
}

/** A part without headers begins with its empty line. */
function withHead(lines: readonly string[]): string {
  return lines[0]?.trim() === '' ? `content-type: text/plain\n${lines.join('\n')}` : lines.join('\n');
}
