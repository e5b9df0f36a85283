export {
  checkCapacity,
  maxPods,
  type NodeAddresses,
  nodeAddresses,
  type PoolDemand,
  poolMaxPods,
  sumOf,
  type ZoneDemand,
  zoneDemands,
} from './capacity.ts';
export {
  type Change,
  type ChangeAction,
  type ChangeClass,
  changeClasses,
  type FieldChange,
  type Phase,
  phases,
} from './change.ts';
export { checkAgainstInputs, type OfferedWorld } from './check-against-inputs.ts';
export { serviceCidr } from './check-network.ts';
export { type ClusterFacts, checkTransition, factsOfCluster } from './check-transition.ts';
export type {
  AccessRule,
  Cluster,
  Criticality,
  Environment,
  Inputs,
  InstanceTypeFacts,
  LogType,
  NatMode,
  Network,
  NodePool,
  Reserve,
  ReservedResources,
  RoleName,
  Taint,
  Zone,
} from './cluster.ts';
export { clusterJsonSchema } from './cluster-schema.ts';
export { parseInputs } from './inputs-file.ts';
export { nearMatch, suggest } from './near-match.ts';
export { type BySchema, parseBySchema, readBySchema } from './parse-by-schema.ts';
export { type ParsedCluster, parseClusterFile } from './parse-cluster-file.ts';
export { type NetworkPlan, planNetwork, type ZoneNetwork } from './plan-network.ts';
export { childOf, type Found, type Path, type Position, type PositionIndex, positionIndex } from './positions.ts';
export {
  type Fault,
  formatProblem,
  hasErrors,
  type PlacedFault,
  type Problem,
  problemAt,
  problemsAt,
  sortProblems,
} from './problem.ts';
export { bytesOf, parseQuantity } from './quantity.ts';
export { type ReadYamlOptions, readYaml, type YamlText } from './read-yaml.ts';
export { formatPath } from './schema-problems.ts';
