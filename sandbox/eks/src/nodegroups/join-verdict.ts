/** A look at a group whose nodes are waited for. All durations in milliseconds. */
export interface JoinSight {
  readonly wanted: number;
  readonly ready: number;
  /** Instances that are not Ready nodes. */
  readonly missing: readonly string[];
  readonly waitedMs: number;
  /** EKS's own limit at the sandbox's pace. */
  readonly limitMs: number;
  /** As long as anybody may still come, not less than this: a loaded machine does not get faster with the factor. */
  readonly floorMs: number;
}

/**
 * Whether to go on waiting for nodes. When EKS's time is over it is over at once if every instance that is missing has a
 * reason why it cannot join; one without may be late for this machine's sake, and gets the floor.
 */
export function joinVerdict(
  sight: JoinSight,
  whyNotJoined: (instanceId: string) => string | undefined,
): 'joined' | 'wait' | 'over' {
  if (sight.ready >= sight.wanted) return 'joined';
  if (sight.waitedMs < sight.limitMs) return 'wait';
  if (sight.waitedMs >= sight.floorMs) return 'over';
  const lost = sight.missing.length > 0 && sight.missing.every((id) => whyNotJoined(id) !== undefined);
  return lost && sight.ready + sight.missing.length >= sight.wanted ? 'over' : 'wait';
}
