import { RoadsteadError } from '@roadstead/foundation';

export interface Place {
  readonly directory: string;
  /** How much the work needs there, and how to choose another place. */
  readonly needs: string;
  readonly elsewhere: string;
}

/**
 * A full disk (`DISK_FULL`) and a folder that is not ours (`CACHE_NOT_WRITABLE`) are said in one sentence; all else
 * passes as it is. Reads the text too, because programs that we run only print it.
 */
export function storageError(error: unknown, { directory, needs, elsewhere }: Place): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device|disk quota exceeded/i.test(text)) {
    return new RoadsteadError('the disk is full', { code: 'DISK_FULL', value: directory, hint: needs, cause: error });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new RoadsteadError(`${directory} cannot be written`, {
      code: 'CACHE_NOT_WRITABLE',
      value: directory,
      hint: elsewhere,
      cause: error,
    });
  }
  return error;
}
