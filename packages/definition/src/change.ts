/** How much a change disturbs, in rising order (DESIGN §3). */
export const changeClasses = ['none', 'safe', 'rolling', 'disruptive', 'replace', 'one-way'] as const;
export type ChangeClass = (typeof changeClasses)[number];

/** The phases of a release, in the order of `up`; `down` walks them backwards. */
export const phases = [
  'network',
  'foundation',
  'control-plane',
  'access',
  'add-ons-before',
  'pools',
  'add-ons-after',
  'manifests',
] as const;
export type Phase = (typeof phases)[number];

export type ChangeAction = 'create' | 'update' | 'delete' | 'replace';

export interface FieldChange {
  /** As `scalingConfig.maxSize` or `spec.template.spec.containers[name=web].image`. */
  readonly path: string;
  /** Absent when there was, or will be, nothing. Never holds a secret: sensitive values are `(sensitive)`. */
  readonly from?: unknown;
  readonly to?: unknown;
}

/** One line of a plan. A step of a run carries the id of its line. */
export interface Change {
  /** Stable and unique in a plan: `stack/network`, `eks/node-group/app-eu-central-1a-3f2a91c0`, `object/<component>/<group>/<kind>/<namespace>/<name>`. */
  readonly id: string;
  readonly phase: Phase;
  readonly action: ChangeAction;
  readonly class: ChangeClass;
  /** Names the thing as an operator would: `node group app-eu-central-1a-3f2a91c0`. */
  readonly what: string;
  /** As `declared, not there yet`, `max changed behind our back (drift)`. */
  readonly why: string;
  readonly fields: readonly FieldChange[];
  /** Late values that are filled in by the run, as `known after network`. */
  readonly knownAfter?: readonly string[];
  /** True when what is there was changed outside of Roadstead though no new version asks for it. */
  readonly drift?: boolean;
  /** Seconds that such a change usually takes on AWS, for progress. */
  readonly usualSeconds?: number;
}
