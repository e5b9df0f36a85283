import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditedWrites } from './audit.ts';
import { program } from './roadstead.ts';
import type { Finished, JournalEntry, Sandbox } from './sandbox.ts';

/** `before`: received and not done. `after`: done and not answered. */
export type Moment = 'before' | 'after';

/** A mutating request as it is known again when another process sends it: without its token. */
export interface Write {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

export interface Kill {
  readonly write: Write;
  readonly moment: Moment;
  /** The held request's number in the gateway's journal. */
  readonly seq: number;
  readonly stateDeleted: boolean;
}

export interface Walked {
  readonly kills: readonly Kill[];
  /** What the process said that came to its end by itself. */
  readonly last: Finished;
}

interface Hold {
  readonly id: string;
  readonly seq: number;
  readonly phase: Moment;
}

export interface WalkRequest {
  readonly sandbox: Sandbox;
  readonly state: string;
  readonly args: readonly string[];
  /** The state directory is deleted after every n-th kill. */
  readonly forgetEvery: number;
}

const mostKills = 400;

/**
 * Runs the command again and again; each process is killed with its group at the first mutating request that was not
 * yet killed at both moments, as the gateway holds it. Ends when a process comes to its end with nothing held.
 */
export async function killWalk({ sandbox, state, args, forgetEvery }: WalkRequest): Promise<Walked> {
  const kills: Kill[] = [];
  while (kills.length < mostKills) {
    await sandbox.control('DELETE', 'faults');
    for (const rule of rulesFor(kills)) await sandbox.control('POST', 'faults', rule);
    const stateDeleted = kills.length % forgetEvery === forgetEvery - 1;
    const end = await runUntilHeld(sandbox, state, args);
    if ('last' in end) {
      await sandbox.control('DELETE', 'faults');
      if (end.last.code === 0) return { kills, last: end.last };
      throw new Error(
        `after ${kills.length} kills (the last: ${tell(kills.at(-1))}), ${args[0]} ended with ${end.last.code}\n${end.last.stdout}\n${end.last.stderr}`,
      );
    }
    const covered = await coveredBy(sandbox, end.held);
    kills.push(...covered.map((held) => ({ ...held, stateDeleted })));
    if (stateDeleted) await rm(state, { recursive: true, force: true });
  }
  throw new Error(`no end after ${kills.length} kills; the last: ${tell(kills.at(-1))}`);
}

function tell(kill: Kill | undefined): string {
  return kill === undefined ? 'none' : `${kill.moment} ${kill.write.service}:${kill.write.operation}`;
}

/**
 * What the gateway is to hold: a request killed before it was done is held next time after; one that was killed at
 * both moments passes; any other is held before it is done.
 */
export function rulesFor(kills: readonly Pick<Kill, 'write' | 'moment'>[]): readonly object[] {
  const moments = new Map<string, { write: Write; killed: Set<Moment> }>();
  for (const { write, moment } of kills) {
    const known = moments.get(writeKey(write)) ?? { write, killed: new Set() };
    known.killed.add(moment);
    moments.set(writeKey(write), known);
  }
  const known = [...moments.values()].map(({ write, killed }) => ({
    ...write,
    ...(killed.has('after') ? { action: { kind: 'delay', ms: 0 } } : hold('after')),
  }));
  return [...known, { mutating: true, ...hold('before') }];
}

function hold(phase: Moment): object {
  return { times: 1000, action: { kind: 'hold', phase } };
}

/** Kills the command's whole process group with SIGKILL once a request of it is held. */
async function runUntilHeld(
  sandbox: Sandbox,
  state: string,
  args: readonly string[],
): Promise<{ readonly last: Finished } | { readonly held: readonly Hold[] }> {
  const group = startGroup(sandbox, state, args);
  const held = await firstHolds(sandbox, group);
  if (held.length === 0) return { last: await group.ended };
  group.signal('SIGKILL');
  await group.ended;
  await nothingHeld(sandbox);
  return { held };
}

/** Ctrl-C while a request is held, which is then answered. Says how the command ended. */
export async function interruptWhenHeld(sandbox: Sandbox, state: string, args: readonly string[]): Promise<Finished> {
  const group = startGroup(sandbox, state, args);
  const held = await firstHolds(sandbox, group);
  if (held.length === 0) throw new Error(`nothing was held\n${(await group.ended).stderr}`);
  group.signal('SIGINT');
  await group.heard(/Stopping at the next safe step/);
  for (const { id } of held) await sandbox.control('DELETE', `holds/${id}`);
  return group.ended;
}

interface Group {
  readonly ended: Promise<Finished>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Waits until standard error has said it, or the command has ended. */
  heard(words: RegExp): Promise<void>;
}

/** The command as a shell starts it: in a process group of its own. */
function startGroup(sandbox: Sandbox, state: string, args: readonly string[]): Group {
  const env = { ...sandbox.environment, ROADSTEAD_STATE: state };
  const child = spawn(program, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes: Buffer) => {
      said[name] += bytes.toString();
    });
  }
  let over = false;
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      resolve({ code, ...said });
    });
  });
  return {
    ended,
    hasEnded: () => over,
    signal: (signal) => {
      if (child.pid === undefined) throw new Error(`${args[0]} did not start`);
      process.kill(-child.pid, signal);
    },
    heard: async (words) => {
      while (!over && !words.test(said.stderr)) await Promise.race([ended, sleep(20)]);
    },
  };
}

/** The first requests that are held while the command runs; none when it came to its end before. */
async function firstHolds(sandbox: Sandbox, group: Group): Promise<readonly Hold[]> {
  for (;;) {
    const over = group.hasEnded();
    const held = await holdsOf(sandbox);
    if (held.length > 0 || over) return held;
    await Promise.race([group.ended, sleep(20)]);
  }
}

async function holdsOf(sandbox: Sandbox): Promise<readonly Hold[]> {
  return (await sandbox.control<{ holds: Hold[] }>('GET', 'holds')).holds;
}

/**
 * Runs the command again and again; the k-th process is killed with its group once the API server's audit log holds k
 * writes of it. Nothing can hold a write there, so the kill comes a moment after it. Answers how many were killed.
 */
export async function killAtKubernetesWrites(
  sandbox: Sandbox,
  state: string,
  args: readonly string[],
): Promise<number> {
  for (let kills = 0; kills < mostKills; kills++) {
    const before = (await auditedWrites(sandbox)).length;
    const group = startGroup(sandbox, state, args);
    while (!group.hasEnded() && (await auditedWrites(sandbox)).length < before + kills + 1)
      await Promise.race([group.ended, sleep(5)]);
    if (!group.hasEnded()) group.signal('SIGKILL');
    const { code, stderr } = await group.ended;
    if (code === 0) return kills;
    if (code !== null) throw new Error(`after ${kills} kills, ${args[0]} ended with ${code}\n${stderr}`);
  }
  throw new Error(`no end after ${mostKills} kills`);
}

/** A hold ends by itself when its client is gone: seconds here mean that the gateway did not notice. */
async function nothingHeld(sandbox: Sandbox): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if ((await holdsOf(sandbox)).length === 0) return;
    await sleep(20);
  }
  throw new Error('a request is still held though its client was killed');
}

/**
 * Which of the held requests this kill was for: every one that was done, because it is not sent again; else only the
 * first, so that one beside it is killed in its turn. One that AWS refused was not done and comes again.
 */
async function coveredBy(sandbox: Sandbox, held: readonly Hold[]): Promise<Omit<Kill, 'stateDeleted'>[]> {
  const entries = await sandbox.journal(Math.min(...held.map(({ seq }) => seq)) - 1);
  const found = held.flatMap(({ seq, phase }) => {
    const entry = entries.find((candidate) => candidate.seq === seq);
    return entry === undefined ? [] : [{ entry, seq, moment: phase, write: writeOf(entry) }];
  });
  const done = found.filter(({ moment, entry }) => moment === 'after' && entry.outcome === 'ok');
  const first = found.filter(({ moment }) => moment === 'before').slice(0, 1);
  return (done.length > 0 ? done : first).map(({ seq, moment, write }) => ({ seq, moment, write }));
}

export function writeOf({ service, operation, input }: JournalEntry): Write {
  return { service, operation, input: recognisable(input) };
}

export function writeKey({ service, operation, input }: Write): string {
  return JSON.stringify([service, operation, input]);
}

/**
 * The journal's input as a fault rule can match it: a text that was cut ends in a wildcard; no tokens, and no names of
 * change sets, which are other ones for each process.
 */
function recognisable(input: unknown): unknown {
  if (typeof input === 'string') return input.replace(/… \(\d+\)$/, '*');
  if (Array.isArray(input)) return input.map(recognisable);
  if (typeof input !== 'object' || input === null) return input;
  const members = Object.entries(input).filter(
    ([name, value]) => !/token$|^ChangeSetName$/i.test(name) && value !== '(hidden)',
  );
  return Object.fromEntries(members.map(([name, value]) => [name, recognisable(value)]));
}
