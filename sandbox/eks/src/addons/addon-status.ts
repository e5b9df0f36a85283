import type { AddonRecord } from '../model.ts';

export interface AddonHealth {
  readonly status: AddonRecord['status'];
  readonly everActive: boolean;
  readonly whole: boolean;
  /** How long it has not been whole. */
  readonly unreadyMs: number;
  readonly degradedAfterMs: number;
  readonly failedAfterMs: number;
}

/** The status of an add-on that nobody is changing, by its pods. A status that only a request ends stays. */
export function nextAddonStatus(health: AddonHealth): AddonRecord['status'] {
  const { status, whole, unreadyMs } = health;
  if (status !== 'CREATING' && status !== 'ACTIVE' && status !== 'DEGRADED') return status;
  if (whole) return 'ACTIVE';
  if (!health.everActive && unreadyMs >= health.failedAfterMs) return 'CREATE_FAILED';
  return unreadyMs >= health.degradedAfterMs ? 'DEGRADED' : status;
}
