import { RoadsteadError } from '@roadstead/foundation';

export interface Place {
  readonly directory: string;
  /** How much the work needs there, as a sentence. */
  readonly needs: string;
}

/**
 * A full disk (`DISK_FULL`) and a folder that is not ours (`CACHE_NOT_WRITABLE`) are said in one sentence; all else
 * passes as it is. Reads the text too, because programs that we run only print it.
 */
export function storageError(error: unknown, { directory, needs }: Place): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device|disk quota exceeded/i.test(text)) {
    return new RoadsteadError('the disk is full', {
      code: 'DISK_FULL',
      value: directory,
      hint: `Make room there. ${needs}`,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new RoadsteadError(`${directory} cannot be written`, {
      code: 'CACHE_NOT_WRITABLE',
      value: directory,
      hint: 'Set ROADSTEAD_CACHE to a folder of yours.',
      cause: error,
    });
  }
  return error;
}
