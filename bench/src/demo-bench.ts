import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../e2e/src/sandbox.ts';
import { type DemoLap, eventsOf, middleLap, phaseSeconds } from './demo-phases.ts';
import { rounded, timed } from './statistics.ts';

const root = join(import.meta.dirname, '..', '..');
const shop = join(root, 'examples', 'shop.yaml');

export interface DemoOptions {
  readonly rounds: number;
  readonly onProgress?: (message: string) => void;
}

export interface DemoReport {
  readonly rounds: number;
  /** The middle of all laps, figure by figure. */
  readonly demo: DemoLap;
  /** The same with a clock so fast that only the shortest waits are left. */
  readonly fastestClock: DemoLap;
  /** Every lap, in the order in which they ran: the clocks take turns. */
  readonly laps: readonly DemoLap[];
  /**
   * What of the demo is the sandbox's own: its start, and the waiting for durations that it paces after AWS's, which is the
   * difference between the two clocks. What remains is Roadstead's work, real Kubernetes starting, and the emulator's answers.
   */
  readonly sandboxShare: {
    readonly startSeconds: number;
    readonly pacedSeconds: number;
    readonly ofNodesReady: number;
  };
}

const usualFactor = 60;
const fastestFactor = 6000;

/** The demo from a warm cache, in turn at its usual clock and at one where nothing is paced. */
export async function benchDemo({ rounds, onProgress }: DemoOptions): Promise<DemoReport> {
  const laps: DemoLap[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const factor of [usualFactor, fastestFactor]) {
      const lap = await demoLap(factor);
      laps.push(lap);
      onProgress?.(`demo, round ${round}, factor ${factor}: ${JSON.stringify(lap)} s`);
    }
  }
  const demo = middleLap(laps.filter(({ factor }) => factor === usualFactor));
  const fastestClock = middleLap(laps.filter(({ factor }) => factor === fastestFactor));
  const pacedSeconds = rounded(Math.max(0, demo.up - fastestClock.up), 1);
  const ofNodesReady = rounded((demo.sandboxStart + pacedSeconds) / demo.nodesReady);
  const sandboxShare = { startSeconds: demo.sandboxStart, pacedSeconds, ofNodesReady };
  return { rounds, demo, fastestClock, laps, sandboxShare };
}

async function demoLap(factor: number): Promise<DemoLap> {
  const state = await mkdtemp(join(tmpdir(), 'roadstead-bench-state-'));
  const start = await timed(() => startSandbox({ factor }));
  const sandbox = start.value;
  try {
    await makePeople(sandbox);
    const args = ['up', '-f', shop, '--yes', '--output', 'json'];
    const up = await timed(() => sandbox.run(join(root, 'bin/roadstead'), args, { ROADSTEAD_STATE: state }));
    if (up.value.code !== 0) throw new Error(`up ended with ${up.value.code}: ${up.value.stderr.slice(-2000)}`);
    const phases = phaseSeconds(eventsOf(up.value.stdout));
    const inPhases = Object.values(phases).reduce((sum, seconds) => sum + seconds, 0);
    return {
      factor,
      sandboxStart: rounded(start.ms / 1000, 1),
      up: rounded(up.ms / 1000, 1),
      nodesReady: rounded((start.ms + up.ms) / 1000, 1),
      phases,
      besidePhases: rounded(up.ms / 1000 - inPhases, 1),
    };
  } finally {
    await sandbox.stop();
    await rm(state, { recursive: true, force: true });
  }
}

/** The role that the example lets in; see tools/src/demo.ts. */
async function makePeople(sandbox: Sandbox): Promise<void> {
  const principal = { AWS: 'arn:aws:iam::123456789012:root' };
  const statement = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' };
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const args = ['iam', 'create-role', '--role-name', 'developer', '--assume-role-policy-document', trust];
  const made = await sandbox.run('aws', args);
  if (made.code !== 0) throw new Error(`the role of the example could not be made: ${made.stderr}`);
}
