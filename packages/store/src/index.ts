export { type Failure, Journal, type Run, type RunEvent, type RunState, type Step, type StepState } from './journal.ts';
export { type AcquireRequest, type Acquisition, type Holder, type Lease, Leases } from './leases.ts';
export { type ClusterRecord, ClusterRecords } from './records.ts';
export { openStore, type Store, type StoreLocation } from './store.ts';
