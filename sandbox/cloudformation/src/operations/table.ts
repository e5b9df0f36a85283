import { createChangeSet, deleteChangeSet, describeChangeSet, listChangeSets } from './change-sets.ts';
import { createStack } from './create-stack.ts';
import { deleteStack, listExports, listImports, updateTerminationProtection } from './delete-stack.ts';
import {
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  listStackResources,
  listStacks,
} from './describe.ts';
import {
  describeStackDriftDetectionStatus,
  describeStackResourceDrifts,
  detectStackDrift,
  detectStackResourceDrift,
} from './drift.ts';
import { executeChangeSet } from './execute-change-set.ts';
import type { Operation } from './operation.ts';
import { getTemplate, getTemplateSummary, validateTemplateOperation } from './templates.ts';
import { cancelUpdateStack, continueUpdateRollback, rollbackStack, updateStack } from './update-stack.ts';

/** Every operation that is carried, by the name in the service model. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    CancelUpdateStack: cancelUpdateStack,
    ContinueUpdateRollback: continueUpdateRollback,
    CreateChangeSet: createChangeSet,
    CreateStack: createStack,
    DeleteChangeSet: deleteChangeSet,
    DeleteStack: deleteStack,
    DescribeChangeSet: describeChangeSet,
    DescribeStackDriftDetectionStatus: describeStackDriftDetectionStatus,
    DescribeStackEvents: describeStackEvents,
    DescribeStackResource: describeStackResource,
    DescribeStackResourceDrifts: describeStackResourceDrifts,
    DescribeStackResources: describeStackResources,
    DescribeStacks: describeStacks,
    DetectStackDrift: detectStackDrift,
    DetectStackResourceDrift: detectStackResourceDrift,
    ExecuteChangeSet: executeChangeSet,
    GetTemplate: getTemplate,
    GetTemplateSummary: getTemplateSummary,
    ListChangeSets: listChangeSets,
    ListExports: listExports,
    ListImports: listImports,
    ListStackResources: listStackResources,
    ListStacks: listStacks,
    RollbackStack: rollbackStack,
    UpdateStack: updateStack,
    UpdateTerminationProtection: updateTerminationProtection,
    ValidateTemplate: validateTemplateOperation,
  }),
);
