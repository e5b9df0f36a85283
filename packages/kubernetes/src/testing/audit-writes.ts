import { readFile } from 'node:fs/promises';
import { isRecord, numberAt, stringAt, valueAt } from '../objects/kubernetes-object.ts';

const writingVerbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

export interface Write {
  readonly verb: string;
  readonly uri: string;
}

/** What one user agent changed, by the API server's audit log: dry runs and reviews are reads. */
export async function writesOf(auditLogPath: string, userAgent: string): Promise<readonly Write[]> {
  const lines = (await readFile(auditLogPath, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.flatMap((line): Write[] => {
    const event: unknown = JSON.parse(line);
    if (!isRecord(event) || event.stage !== 'ResponseComplete' || stringAt(event, 'userAgent') !== userAgent) return [];
    const [verb, uri] = [stringAt(event, 'verb') ?? '', stringAt(event, 'requestURI') ?? ''];
    const isReview = (stringAt(event, 'objectRef', 'resource') ?? '').endsWith('reviews');
    const succeeded = (numberAt(event, 'responseStatus', 'code') ?? 500) < 400;
    const counts = writingVerbs.has(verb) && !uri.includes('dryRun=All') && !isReview && succeeded;
    return counts && valueAt(event, 'objectRef') !== undefined ? [{ verb, uri }] : [];
  });
}
