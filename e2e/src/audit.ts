import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user?: { readonly username?: string };
  readonly userAgent?: string;
  readonly responseStatus?: { readonly code?: number };
}

/** A write that was answered. */
export interface AuditedWrite {
  readonly verb: string;
  readonly uri: string;
  /** The HTTP status: 201 when an object was made. */
  readonly code: number;
}

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** Reviews ask a question by a POST and store nothing. */
const asking = /\/(selfsubject|subject|localsubject)\w*reviews|\/tokenreviews/;

/** Writes that the product made, as `verb uri`. */
export async function productWrites(sandbox: Sandbox): Promise<string[]> {
  const logs = auditLogs(sandbox);
  if (logs.length === 0) throw new Error('no audit log was found: nothing could be counted');
  return (await auditedWrites(sandbox)).map(({ verb, uri }) => `${verb} ${uri}`);
}

function auditLogs(sandbox: Sandbox): string[] {
  return globSync('**/audit*.log', { cwd: sandbox.directory });
}

/** How many requests of the product the API servers have answered, reads included. */
export async function productRequests(sandbox: Sandbox): Promise<number> {
  return (await productEvents(sandbox)).length;
}

/** Every request of the product's user agent that was answered. */
async function productEvents(sandbox: Sandbox): Promise<readonly AuditEvent[]> {
  const texts = await Promise.all(auditLogs(sandbox).map((log) => readFile(join(sandbox.directory, log), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n'));
  return lines
    .filter((line) => line.startsWith('{') && line.includes('"userAgent":"roadstead/'))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ stage, userAgent }) => stage === 'ResponseComplete' && (userAgent ?? '').startsWith('roadstead/'));
}

/**
 * Writes that the product made and that were answered, by the API servers' own audit logs: requests of its user agent
 * that store something. Dry runs and self reviews are reads.
 */
export async function auditedWrites(sandbox: Sandbox): Promise<AuditedWrite[]> {
  const writes = (await productEvents(sandbox)).filter(
    ({ verb, requestURI }) => writing.has(verb) && !asking.test(requestURI) && !/[?&]dryRun=All/.test(requestURI),
  );
  return writes.map(({ verb, requestURI, responseStatus }) => ({
    verb,
    uri: requestURI,
    code: responseStatus?.code ?? 0,
  }));
}
