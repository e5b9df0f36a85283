import type { Generated } from 'kysely';

/** Every table of the store. Times are UTC milliseconds since the epoch, documents are JSON text, flags are 0 or 1. */
export interface Tables {
  clusters: ClusterRow;
  leases: LeaseRow;
  runs: RunRow;
  steps: StepRow;
  events: EventRow;
  audit: AuditRow;
}

export interface ClusterRow {
  id: string;
  /** Desired state: written by whoever declares. */
  definition: string;
  inputs: string | null;
  inputs_base: string | null;
  next_version: string | null;
  /** Observed state: written by whoever verifies. */
  current_version: string | null;
  last_version: string | null;
  verified_digest: string | null;
  problems: string;
  updated_at: number;
}

export interface LeaseRow {
  key: string;
  holder: string;
  /** Fencing token: grows with each new holder, never with a renewal. */
  token: number;
  acquired_at: number;
  expires_at: number;
}

export interface RunRow {
  id: string;
  cluster_id: string;
  /** Of the lease that it runs under: a later run has a greater one. */
  token: number;
  kind: string;
  version: string | null;
  digest: string | null;
  plan: string;
  state: string;
  started_at: number;
  ended_at: number | null;
  failure: string | null;
}

export interface StepRow {
  run_id: string;
  change_id: string;
  state: string;
  started_at: number;
  ended_at: number | null;
  failure: string | null;
}

export interface EventRow {
  seq: Generated<number>;
  run_id: string;
  at: number;
  event: string;
}

export interface AuditRow {
  seq: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
}
