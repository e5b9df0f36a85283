import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** A process of the sandbox, without what differs from run to run. */
export interface ProcessReport {
  readonly command: string;
  /** Loopback or not: every TCP port it listens on. */
  readonly ports: readonly number[];
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
}

/**
 * This process and everything below it, by name, with listening ports: for a comparison before and after. Read from
 * Linux's /proc; elsewhere it is empty.
 */
export async function readProcesses(root: number): Promise<readonly ProcessReport[]> {
  const names = await readdir('/proc').catch(() => []);
  const stats = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readStat));
  const known = stats.filter((stat) => stat !== undefined);
  const inodes = await listeningInodes();
  const reports = await Promise.all(below(root, known).map((pid) => reportOf(pid, inodes)));
  return reports
    .filter((report) => report !== undefined)
    .toSorted((a, b) => `${a.command} ${a.ports[0] ?? 0}`.localeCompare(`${b.command} ${b.ports[0] ?? 0}`));
}

/** The process and all its descendants. */
export function below(root: number, stats: readonly Stat[]): readonly number[] {
  const children = stats.filter(({ parent }) => parent === root).map(({ pid }) => pid);
  return [root, ...children.flatMap((pid) => below(pid, stats))];
}

async function readStat(name: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
  const rest = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return rest === undefined || rest[0] === 'Z' ? undefined : { pid: Number(name), parent: Number(rest[1]) };
}

/** Socket inode → port, of every listening TCP socket. */
async function listeningInodes(): Promise<ReadonlyMap<string, number>> {
  const texts = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return new Map(texts.flatMap(parseListening));
}

/** The lines of /proc/net/tcp that are in state 0A (listening), as inode and port. */
export function parseListening(text: string): [inode: string, port: number][] {
  return text.split('\n').flatMap((line): [string, number][] => {
    const fields = line.trim().split(/\s+/);
    const port = fields[1]?.split(':')[1];
    return fields[3] === '0A' && port !== undefined && fields[9] !== undefined
      ? [[fields[9], Number.parseInt(port, 16)]]
      : [];
  });
}

async function reportOf(pid: number, inodes: ReadonlyMap<string, number>): Promise<ProcessReport | undefined> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (command === undefined || command === '') return undefined;
  const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')));
  const ports = targets.flatMap((target) => {
    const port = inodes.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
    return port === undefined ? [] : [port];
  });
  return { command: basename(command.split('\0')[0] ?? ''), ports: [...new Set(ports)].toSorted((a, b) => a - b) };
}
