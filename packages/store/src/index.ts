export { Audit, type AuditEntry } from './audit.ts';
export { leaseLost } from './fence.ts';
export { type Failure, Journal, type Run, type RunEvent, type RunState, type Step, type StepState } from './journal.ts';
export {
  type AcquireRequest,
  type Acquisition,
  describeWork,
  type Holder,
  type Lease,
  Leases,
  type ProcessIdentity,
} from './leases.ts';
export { type ClusterRecord, ClusterRecords } from './records.ts';
export { type Declaration, keptRuns, type NewRun, type RunEnd, RunJournal } from './run-journal.ts';
export { openStore, openStoreReader, type Store, type StoreLocation, type StoreReader } from './store.ts';
