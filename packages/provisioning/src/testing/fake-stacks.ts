import type { Clock, JsonObject } from '@roadstead/foundation';
import { at } from '../plan/eks-fields.ts';
import { awsException, type Handlers, type Input } from './fake-handler.ts';

export interface FakeStack {
  name: string;
  id: string;
  status: string;
  template: JsonObject;
  parameters: Record<string, string>;
  tags: Record<string, string>;
  protected: boolean;
  revision: number;
  changedAt: number;
  /** What the status becomes, and when. */
  next?: { status: string; at: number };
  /** Logical ids that somebody changed behind CloudFormation's back, with the property. */
  drifted: Map<string, { property: string; expected: string; actual: string }>;
  events: Record<string, unknown>[];
  /** The change set that is being thought about or was made. */
  changeSet?: { name: string; input: Input; changes: unknown[]; executed: boolean };
}

export interface FakeStacks {
  readonly handlers: Handlers;
  readonly live: Map<string, FakeStack>;
  /** Logical ids whose creation fails, with the reason. */
  readonly failing: Map<string, string>;
  subnets(): Record<string, unknown>[];
}

const seconds = 60_000;

/** CloudFormation in memory: templates are kept, resources only happen in events. */
export function fakeStacks(clock: Clock): FakeStacks {
  const live = new Map<string, FakeStack>();
  const gone = new Map<string, FakeStack>();
  const failing = new Map<string, string>();
  let serial = 0;

  const settle = () => {
    for (const stack of [...live.values()]) {
      if (stack.next === undefined || clock.monotonic() < stack.next.at) continue;
      moveTo(stack, stack.next.status);
      delete stack.next;
      if (stack.status === 'ROLLBACK_IN_PROGRESS')
        stack.next = { status: 'ROLLBACK_COMPLETE', at: clock.monotonic() + seconds };
      if (stack.status !== 'DELETE_COMPLETE') continue;
      live.delete(stack.name);
      gone.set(stack.id, stack);
    }
  };
  const find = (input: Input): FakeStack => {
    settle();
    const name = String(input.StackName);
    const found = live.get(name) ?? [...live.values()].find(({ id }) => id === name) ?? gone.get(name);
    if (found === undefined) throw awsException('ValidationError', `Stack with id ${name} does not exist`);
    return found;
  };
  const tell = (stack: FakeStack, logical: string, type: string, status: string, reason?: string) => {
    serial += 1;
    const ofStack = logical === stack.name;
    stack.events.unshift({
      EventId: `event-${serial}`,
      StackId: stack.id,
      PhysicalResourceId: ofStack ? stack.id : `${logical}-id`,
      LogicalResourceId: logical,
      ResourceType: type,
      ResourceStatus: status,
      ResourceStatusReason: reason,
      Timestamp: clock.now(),
    });
  };
  const moveTo = (stack: FakeStack, status: string) => {
    stack.status = status;
    const verb = status.startsWith('DELETE') ? 'DELETE' : 'CREATE';
    const failed = status === 'ROLLBACK_IN_PROGRESS';
    const resources = Object.entries((stack.template.Resources ?? {}) as Record<string, { Type: string }>);
    // CloudFormation tells the cause before the siblings that it cancels.
    const ordered = resources.toSorted(([a], [b]) => Number(failing.has(b)) - Number(failing.has(a)));
    for (const [logical, { Type }] of ordered) {
      if (failed) tell(stack, logical, Type, 'CREATE_FAILED', failing.get(logical) ?? 'Resource creation cancelled');
      else if (status.endsWith('_COMPLETE')) tell(stack, logical, Type, `${verb}_COMPLETE`);
    }
    tell(stack, stack.name, 'AWS::CloudFormation::Stack', status);
  };
  const begin = (stack: FakeStack, status: string, next: string) => {
    stack.changedAt = clock.now();
    stack.status = status;
    tell(stack, stack.name, 'AWS::CloudFormation::Stack', status, 'User Initiated');
    stack.next = { status: next, at: clock.monotonic() + seconds };
  };
  const pairs = (list: unknown, key: string, value: string): Record<string, string> =>
    Object.fromEntries(((list ?? []) as Record<string, string>[]).map((item) => [item[key] ?? '', item[value] ?? '']));

  const outputsOf = (stack: FakeStack) =>
    Object.keys((stack.template.Outputs ?? {}) as object).map((OutputKey) => ({
      OutputKey,
      OutputValue: /Version/.test(OutputKey) ? String(stack.revision) : `${stack.name}:${OutputKey}`,
    }));
  const describe = (stack: FakeStack) => ({
    StackName: stack.name,
    StackId: stack.id,
    StackStatus: stack.status,
    CreationTime: new Date(stack.changedAt),
    Parameters: Object.entries(stack.parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    Outputs: /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status) ? outputsOf(stack) : [],
    Tags: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })),
    EnableTerminationProtection: stack.protected,
  });

  const handlers: Handlers = {
    DescribeStacks: (input) => {
      settle();
      if (input.StackName === undefined) return { Stacks: [...live.values()].map(describe) };
      return { Stacks: [describe(find(input))] };
    },
    GetTemplate: (input) => ({ TemplateBody: JSON.stringify(find(input).template) }),
    DescribeStackEvents: (input) => ({
      StackEvents: find(input).events.map((event) => ({ ...event, Timestamp: new Date(Number(event.Timestamp)) })),
    }),
    ListStackResources: (input) => ({
      StackResourceSummaries: Object.entries((find(input).template.Resources ?? {}) as JsonObject).map(
        ([id, resource]) => ({
          LogicalResourceId: id,
          PhysicalResourceId: `${id}-id`,
          ResourceType: at(resource, 'Type'),
        }),
      ),
    }),
    DetectStackDrift: () => ({ StackDriftDetectionId: 'detection' }),
    DescribeStackDriftDetectionStatus: () => ({ DetectionStatus: 'DETECTION_COMPLETE' }),
    DescribeStackResourceDrifts: (input) => ({
      StackResourceDrifts: [...find(input).drifted].map(([LogicalResourceId, drift]) => ({
        LogicalResourceId,
        ResourceType: 'AWS::EC2::Route',
        StackResourceDriftStatus: 'MODIFIED',
        PropertyDifferences: [
          { PropertyPath: `/${drift.property}`, ExpectedValue: drift.expected, ActualValue: drift.actual },
        ],
      })),
    }),
    ListChangeSets: () => ({ Summaries: [] }),
    CreateStack: (input) => {
      settle();
      const name = String(input.StackName);
      if (live.has(name)) throw awsException('AlreadyExistsException', `Stack [${name}] already exists`);
      serial += 1;
      const stack: FakeStack = {
        name,
        id: `arn:aws:cloudformation:eu-central-1:123456789012:stack/${name}/${serial}`,
        status: '',
        template: JSON.parse(String(input.TemplateBody)) as JsonObject,
        parameters: pairs(input.Parameters, 'ParameterKey', 'ParameterValue'),
        tags: pairs(input.Tags, 'Key', 'Value'),
        protected: input.EnableTerminationProtection === true,
        revision: 1,
        changedAt: clock.now(),
        drifted: new Map(),
        events: [],
      };
      live.set(name, stack);
      const fails = Object.keys((stack.template.Resources ?? {}) as object).some((logical) => failing.has(logical));
      begin(stack, 'CREATE_IN_PROGRESS', fails ? 'ROLLBACK_IN_PROGRESS' : 'CREATE_COMPLETE');
      return { StackId: stack.id };
    },
    CreateChangeSet: (input) => {
      const stack = find(input);
      const template = JSON.parse(String(input.TemplateBody)) as JsonObject;
      const parameters = pairs(input.Parameters, 'ParameterKey', 'ParameterValue');
      const tags = pairs(input.Tags, 'Key', 'Value');
      const same =
        JSON.stringify([template, parameters, tags]) === JSON.stringify([stack.template, stack.parameters, stack.tags]);
      const mends = input.DeploymentMode === 'REVERT_DRIFT' && stack.drifted.size > 0;
      const changes = same && !mends ? [] : changesBetween(stack.template, template);
      stack.changeSet = { name: String(input.ChangeSetName), input, changes, executed: same && !mends };
      return { Id: 'change-set' };
    },
    DescribeChangeSet: (input) => {
      const { changeSet } = find(input);
      if (changeSet?.executed === true)
        return { Status: 'FAILED', StatusReason: "The submitted information didn't contain changes." };
      return { Status: 'CREATE_COMPLETE', Changes: changeSet?.changes ?? [] };
    },
    DeleteChangeSet: () => ({}),
    ExecuteChangeSet: (input) => {
      const stack = find(input);
      const set = stack.changeSet?.input ?? {};
      stack.template = JSON.parse(String(set.TemplateBody)) as JsonObject;
      stack.parameters = pairs(set.Parameters, 'ParameterKey', 'ParameterValue');
      stack.tags = pairs(set.Tags, 'Key', 'Value');
      stack.revision += 1;
      stack.drifted.clear();
      begin(stack, 'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE');
      return {};
    },
    UpdateTerminationProtection: (input) => {
      find(input).protected = input.EnableTerminationProtection === true;
      return {};
    },
    ContinueUpdateRollback: (input) => {
      begin(find(input), 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE');
      return {};
    },
    RollbackStack: (input) => {
      begin(find(input), 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE');
      return {};
    },
    DeleteStack: (input) => {
      const stack = find(input);
      if (stack.protected) {
        throw awsException(
          'ValidationError',
          `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
        );
      }
      begin(stack, 'DELETE_IN_PROGRESS', 'DELETE_COMPLETE');
      return {};
    },
  };
  const subnets = () => {
    settle();
    const network = [...live.values()].find(({ name }) => name.endsWith('-network'));
    if (network === undefined) return [];
    return Object.entries(
      (network.template.Resources ?? {}) as Record<string, { Type: string; Properties?: JsonObject }>,
    )
      .filter(([, resource]) => resource.Type === 'AWS::EC2::Subnet')
      .map(([id, resource]) => ({
        SubnetId: id,
        CidrBlock: resource.Properties?.CidrBlock,
        AvailabilityZone: resource.Properties?.AvailabilityZone,
        AvailabilityZoneId: `euc1-az${'bca'.indexOf(String(resource.Properties?.AvailabilityZone).slice(-1)) + 1}`,
      }));
  };
  return { handlers, live, failing, subnets };
}

/** What a change set would say: removed resources, and replacements where a name changes. */
function changesBetween(before: JsonObject, after: JsonObject): unknown[] {
  const was = (before.Resources ?? {}) as Record<string, JsonObject>;
  const will = (after.Resources ?? {}) as Record<string, JsonObject>;
  return [...new Set([...Object.keys(was), ...Object.keys(will)])].flatMap((id) => {
    const change = (Action: string, Replacement?: string) => [
      {
        Type: 'Resource',
        ResourceChange: { Action, LogicalResourceId: id, ResourceType: (will[id] ?? was[id])?.Type, Replacement },
      },
    ];
    if (was[id] === undefined) return change('Add');
    if (will[id] === undefined) return change('Remove');
    return JSON.stringify(was[id]) === JSON.stringify(will[id]) ? [] : change('Modify', 'False');
  });
}
