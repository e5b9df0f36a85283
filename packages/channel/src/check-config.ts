import { type ParsedCluster, type Problem, problemAt, problemsAt, sortProblems } from '@roadstead/definition';
import type { Channel } from './channel.ts';

/** Checks a cluster file's `spec.config` against its channel's schema, with places in the file; nothing to say of a file that is wrong. */
export function checkConfig(channel: Channel, file: ParsedCluster): Problem[] {
  const { cluster } = file;
  if (cluster === undefined) return [];
  const read = channel.config.read(cluster.config);
  const faults = 'faults' in read ? read.faults : [];
  const wrong = problemsAt(
    file.file,
    file.positions,
    faults.map((fault) => ({ ...fault, path: ['spec', 'config', ...fault.path] })),
  );
  const old = channel.config.deprecated
    .filter((item) => item in cluster.config)
    .map((item) => {
      const fault = {
        severity: 'warning',
        code: 'DEPRECATED_CONFIG',
        message: `the config item ${item} is deprecated`,
        hint: "the channel's schema says what replaces it",
      } as const;
      return problemAt(file.file, file.positions.key(['spec', 'config', item]), fault);
    });
  return sortProblems([...wrong, ...old]);
}
