import { createReadStream } from 'node:fs';
import { problemAt } from '@roadstead/definition';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { WrongInput } from './output/failure.ts';

/** A file that a person named. `what` is a noun for it, `hint` says how to name another. */
export interface InputFile {
  /** Its path, or what it is called by where its bytes come from elsewhere. */
  readonly file: string;
  readonly what: string;
  readonly hint: string;
  /** Where its bytes come from; absent: from the file. */
  readonly bytes?: AsyncIterable<unknown>;
}

/** Its text. Rejects with FILE_UNREADABLE, and with the place of the first byte that is no UTF-8. */
export async function readInput({ file, what, hint, bytes: given }: InputFile): Promise<string> {
  const bytes = await readBytes(given ?? createReadStream(file)).catch((cause: unknown) => {
    const why = whyUnreadable(cause);
    throw new RoadsteadError(`The ${what} ${file} cannot be read: ${why}`, {
      code: 'FILE_UNREADABLE',
      value: file,
      hint,
    });
  });
  return textOf(bytes, file);
}

/** More than any plan has. A device may have no end. */
const mostBytes = 64 * 1024 * 1024;

async function readBytes(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > mostBytes) throw new Error(`it has more than ${mostBytes / 1024 / 1024} MiB`);
  }
  return Buffer.concat(parts);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

function whyUnreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return reasons[code] ?? messageOf(cause);
}

/** A text without a byte order mark. Bytes that are no UTF-8 are refused where they stand: replaced, they would go into names. */
export function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = firstBadByte(bytes);
    const before = new TextDecoder().decode(bytes.subarray(0, at)).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const byte = (bytes[at] ?? 0).toString(16).padStart(2, '0');
    throw new WrongInput([
      problemAt(file, place, {
        code: 'NOT_UTF8',
        message: `the byte 0x${byte} is not UTF-8`,
        hint: 'save the file as UTF-8',
      }),
    ]);
  }
}

/** Where the longest beginning of whole characters ends. Found by halves: a beginning of such a beginning is one as well. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (beginningOf(bytes.subarray(0, middle)) === undefined) bad = middle;
    else good = middle;
  }
  return Buffer.byteLength(beginningOf(bytes.subarray(0, good)) ?? '');
}

/** The whole characters of bytes that may end within one; nothing where other bytes are no UTF-8. */
function beginningOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
