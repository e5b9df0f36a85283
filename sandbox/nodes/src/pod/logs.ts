import type { Container, Pod } from '../kube/objects.ts';
import type { Behaviour } from './behaviour.ts';
import type { ContainerMemory } from './container-machine.ts';

export interface LogLine {
  /** Wall milliseconds. */
  readonly at: number;
  readonly text: string;
}

/**
 * What a container has printed. Nothing runs here, so a program's own words are not to be had: the output of `echo`,
 * what it was started with, and how it ended.
 */
export function logLines(
  pod: Pod,
  container: Container,
  memory: ContainerMemory,
  behaviour: Behaviour,
  previous: boolean,
): readonly LogLine[] {
  const ended = memory.phase.kind === 'exited' ? memory.phase.termination : memory.last;
  const termination = previous ? memory.last : memory.phase.kind === 'running' ? undefined : ended;
  const startedAt =
    memory.phase.kind === 'running' && !previous ? memory.phase.startedAt : Date.parse(termination?.startedAt ?? '');
  if (!Number.isFinite(startedAt)) return [];
  const argv = [...(container.command ?? []), ...(container.args ?? [])];
  const what = argv.length === 0 ? 'the default command' : JSON.stringify(argv);
  const head = `sandbox: ${container.image} runs ${what} in ${pod.metadata.namespace}/${pod.metadata.name}`;
  const lines = [head, ...behaviour.output].map((text, index) => ({ at: startedAt + index, text }));
  if (termination === undefined) return lines;
  const how = termination.exitCode === 0 ? 'done' : `error: the process ended with exit code ${termination.exitCode}`;
  return [...lines, { at: Date.parse(termination.finishedAt), text: how }];
}

export interface LogQuery {
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceMs: number | undefined;
  readonly timestamps: boolean;
}

export function renderLog(lines: readonly LogLine[], query: LogQuery): string {
  const recent = lines.filter((line) => query.sinceMs === undefined || line.at >= query.sinceMs);
  const tail = query.tailLines === undefined ? recent : query.tailLines === 0 ? [] : recent.slice(-query.tailLines);
  const text = tail
    .map((line) => `${query.timestamps ? `${new Date(line.at).toISOString()} ` : ''}${line.text}\n`)
    .join('');
  return query.limitBytes === undefined ? text : text.slice(0, query.limitBytes);
}
