export { connectReader } from './connect.ts';
export type { LifecycleEvent, StepProgress } from './events.ts';
export { type HeldLease, type HoldLeaseRequest, holdLease } from './hold-lease.ts';
export { identifyHolder, isHolderGone } from './holder-identity.ts';
export {
  batchStages,
  componentOf,
  type Plan,
  type PlanHeader,
  type PlannedStep,
  planClass,
  type Stage,
  upStages,
} from './plan.ts';
export { type DownPolicy, type PreparedDown, planDown } from './plan-down.ts';
export { clusterIdOf, type PlanUpOptions, type PreparedUp, planUp } from './plan-up.ts';
export {
  type Archive,
  type PastRun,
  type PastRunDetail,
  type PastStep,
  readHistory,
  readRun,
} from './read-history.ts';
export { readStatus, type Status } from './read-status.ts';
export { type DownOutcome, runDown } from './run-down.ts';
export {
  errorOf,
  failureOf,
  type RunOutcome,
  type RunPlanRequest,
  runPlan,
  type StepContext,
  type StepExecutor,
} from './run-plan.ts';
export { type RunOptions, runUp } from './run-up.ts';
export {
  type Checked,
  type DeclaredCluster,
  readDeclared,
  readTarget,
  renderTarget,
  type Target,
  warningTexts,
} from './target.ts';
export { countNodes, isNodeReady, type NodeCount } from './verify.ts';
export type { ReadingWorld, World } from './world.ts';
