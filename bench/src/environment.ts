import { execFile } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** Where figures were measured: without it they mean nothing. Names neither host nor user. */
export interface Environment {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  /** One minute's load when the run began: above `cores`, absolute figures are those of a busy machine. */
  readonly load: number;
  readonly commit: string;
}

export async function readEnvironment(root: string): Promise<Environment> {
  const commit = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: root }).catch(() => ({
    stdout: 'unknown',
  }));
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
    commit: commit.stdout.trim(),
  };
}
