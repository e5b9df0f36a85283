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

/** An operation with the members of its request that it honours. */
export interface CarriedOperation {
  readonly run: Operation;
  readonly members: ReadonlySet<string>;
}

/** Members are named in one text, as it reads best. */
function carry(run: Operation, members: string): CarriedOperation {
  return { run, members: new Set(members.split(/\s+/).filter((name) => name !== '')) };
}

/** Every operation that is carried, by the name in the service model. What a request says beside the named members is refused. */
export const operations: ReadonlyMap<string, CarriedOperation> = new Map(
  Object.entries({
    CancelUpdateStack: carry(cancelUpdateStack, 'StackName ClientRequestToken'),
    ContinueUpdateRollback: carry(continueUpdateRollback, 'StackName ResourcesToSkip ClientRequestToken'),
    CreateChangeSet: carry(
      createChangeSet,
      `StackName ChangeSetName ChangeSetType TemplateBody UsePreviousTemplate Parameters
       Capabilities RoleARN Tags ClientToken Description OnStackFailure DeploymentMode`,
    ),
    CreateStack: carry(
      createStack,
      `StackName TemplateBody Parameters Capabilities RoleARN Tags ClientRequestToken
       DisableRollback OnFailure TimeoutInMinutes EnableTerminationProtection RetainExceptOnCreate`,
    ),
    DeleteChangeSet: carry(deleteChangeSet, 'ChangeSetName StackName'),
    DeleteStack: carry(deleteStack, 'StackName RetainResources DeletionMode ClientRequestToken'),
    DescribeChangeSet: carry(describeChangeSet, 'ChangeSetName StackName IncludePropertyValues NextToken'),
    DescribeStackDriftDetectionStatus: carry(describeStackDriftDetectionStatus, 'StackDriftDetectionId'),
    DescribeStackEvents: carry(describeStackEvents, 'StackName NextToken'),
    DescribeStackResource: carry(describeStackResource, 'StackName LogicalResourceId'),
    DescribeStackResourceDrifts: carry(
      describeStackResourceDrifts,
      'StackName StackResourceDriftStatusFilters MaxResults NextToken',
    ),
    DescribeStackResources: carry(describeStackResources, 'StackName LogicalResourceId PhysicalResourceId'),
    DescribeStacks: carry(describeStacks, 'StackName NextToken'),
    DetectStackDrift: carry(detectStackDrift, 'StackName'),
    DetectStackResourceDrift: carry(detectStackResourceDrift, 'StackName LogicalResourceId'),
    ExecuteChangeSet: carry(
      executeChangeSet,
      'ChangeSetName StackName ClientRequestToken DisableRollback RetainExceptOnCreate',
    ),
    GetTemplate: carry(getTemplate, 'StackName ChangeSetName TemplateStage'),
    GetTemplateSummary: carry(getTemplateSummary, 'StackName TemplateBody'),
    ListChangeSets: carry(listChangeSets, 'StackName NextToken'),
    ListExports: carry(listExports, ''),
    ListImports: carry(listImports, 'ExportName'),
    ListStackResources: carry(listStackResources, 'StackName NextToken'),
    ListStacks: carry(listStacks, 'StackStatusFilter NextToken'),
    RollbackStack: carry(rollbackStack, 'StackName ClientRequestToken RetainExceptOnCreate'),
    UpdateStack: carry(
      updateStack,
      `StackName TemplateBody UsePreviousTemplate Parameters Capabilities RoleARN Tags
       ClientRequestToken DisableRollback RetainExceptOnCreate`,
    ),
    UpdateTerminationProtection: carry(updateTerminationProtection, 'StackName EnableTerminationProtection'),
    ValidateTemplate: carry(validateTemplateOperation, 'TemplateBody'),
  }),
);

/** The first member of a request that the operation does not honour; one that says nothing is none. */
export function uncarriedMember(
  operation: CarriedOperation,
  input: Readonly<Record<string, unknown>>,
): string | undefined {
  const says = (value: unknown) =>
    value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.keys(input).find((name) => !operation.members.has(name) && says(input[name]));
}
