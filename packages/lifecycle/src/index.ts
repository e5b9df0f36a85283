export type { LifecycleEvent, StepProgress } from './events.ts';
export { type HeldLease, type HoldLeaseRequest, holdLease } from './hold-lease.ts';
export {
  componentOf,
  orderStages,
  type Plan,
  type PlanHeader,
  type PlannedStep,
  planClass,
  type Stage,
} from './plan.ts';
export {
  errorOf,
  failureOf,
  type RunOutcome,
  type RunPlanRequest,
  runPlan,
  type StepContext,
  type StepExecutor,
} from './run-plan.ts';
