import { AwsError } from '@roadstead/sandbox-gateway';
import type { AwsCall } from '../balancer/aws-calls.ts';
import { at, itemsOf } from '../read.ts';

type Input = Record<string, unknown>;

interface Classic {
  readonly listeners: Map<number, unknown>;
  readonly instances: Set<string>;
}

interface Group {
  readonly input: Input;
  readonly targets: Set<string>;
}

interface Listener {
  readonly balancerArn: string;
  readonly port: unknown;
  readonly groupArn: string;
}

/** Both Elastic Load Balancing APIs and security groups, as far as the cloud controller uses them; in memory and at once. */
export class FakeElb {
  readonly classic = new Map<string, Classic>();
  readonly network = new Map<string, Input>();
  readonly groups = new Map<string, Group>();
  readonly listeners = new Map<string, Listener>();
  readonly securityGroups = new Map<string, { readonly name: string; readonly ports: Set<unknown> }>();
  /** Every write, in order. */
  readonly writes: string[] = [];
  /** Operations that are refused, with the code. */
  readonly refusals = new Map<string, string>();

  readonly call: AwsCall = async (service, operation, input) => {
    const refusal = this.refusals.get(operation);
    if (refusal !== undefined) throw new AwsError(refusal, `${operation} is refused`);
    if (!operation.startsWith('Describe')) this.writes.push(operation);
    const handler = this.#handlers[`${service}.${operation}`];
    if (handler === undefined) throw new AwsError('InvalidAction', `${service} ${operation} is not in this fake`);
    return handler(input);
  };

  readonly #handlers: Readonly<Record<string, (input: Input) => Input>> = {
    'elb.DescribeLoadBalancers': ({ LoadBalancerNames }) => {
      const name = String(itemsOf(LoadBalancerNames)[0]);
      const { listeners, instances } = this.#classic(name);
      return {
        LoadBalancerDescriptions: [
          {
            LoadBalancerName: name,
            DNSName: `${name}.elb.test`,
            ListenerDescriptions: [...listeners.values()].map((Listener) => ({ Listener })),
            Instances: [...instances].map((InstanceId) => ({ InstanceId })),
          },
        ],
      };
    },
    'elb.CreateLoadBalancer': ({ LoadBalancerName, Listeners }) => {
      this.classic.set(String(LoadBalancerName), { listeners: new Map(), instances: new Set() });
      return this.#listen(LoadBalancerName, Listeners);
    },
    'elb.CreateLoadBalancerListeners': ({ LoadBalancerName, Listeners }) => this.#listen(LoadBalancerName, Listeners),
    'elb.DeleteLoadBalancerListeners': ({ LoadBalancerName, LoadBalancerPorts }) => {
      for (const port of itemsOf(LoadBalancerPorts)) this.#classic(LoadBalancerName).listeners.delete(Number(port));
      return {};
    },
    'elb.RegisterInstancesWithLoadBalancer': ({ LoadBalancerName, Instances }) => {
      for (const id of idsIn(Instances, 'InstanceId')) this.#classic(LoadBalancerName).instances.add(id);
      return {};
    },
    'elb.DeregisterInstancesFromLoadBalancer': ({ LoadBalancerName, Instances }) => {
      for (const id of idsIn(Instances, 'InstanceId')) this.#classic(LoadBalancerName).instances.delete(id);
      return {};
    },
    'elb.DeleteLoadBalancer': ({ LoadBalancerName }) => {
      this.classic.delete(String(LoadBalancerName));
      return {};
    },
    'elbv2.DescribeLoadBalancers': ({ Names }) => {
      const arn = `arn:${String(itemsOf(Names)[0])}`;
      if (!this.network.has(arn)) throw new AwsError('LoadBalancerNotFound', 'none');
      return { LoadBalancers: [{ LoadBalancerArn: arn, DNSName: `${arn}.test` }] };
    },
    'elbv2.CreateLoadBalancer': (input) => {
      const arn = `arn:${String(input.Name)}`;
      this.network.set(arn, input);
      return { LoadBalancers: [{ LoadBalancerArn: arn, DNSName: `${arn}.test` }] };
    },
    'elbv2.DeleteLoadBalancer': ({ LoadBalancerArn }) => {
      this.network.delete(String(LoadBalancerArn));
      for (const [arn, one] of this.listeners) if (one.balancerArn === LoadBalancerArn) this.listeners.delete(arn);
      return {};
    },
    'elbv2.DescribeTargetGroups': () => ({
      TargetGroups: [...this.groups].map(([TargetGroupArn, { input }]) => ({
        TargetGroupArn,
        TargetGroupName: input.Name,
        Port: input.Port,
        Protocol: input.Protocol,
      })),
    }),
    'elbv2.CreateTargetGroup': (input) => {
      const TargetGroupArn = `arn:${String(input.Name)}`;
      if (this.groups.has(TargetGroupArn)) throw new AwsError('DuplicateTargetGroupName', 'there already');
      this.groups.set(TargetGroupArn, { input, targets: new Set() });
      return { TargetGroups: [{ TargetGroupArn }] };
    },
    'elbv2.DeleteTargetGroup': ({ TargetGroupArn }) => {
      if ([...this.listeners.values()].some(({ groupArn }) => groupArn === TargetGroupArn))
        throw new AwsError('ResourceInUse', 'in use by a listener');
      this.groups.delete(String(TargetGroupArn));
      return {};
    },
    'elbv2.DescribeTargetHealth': ({ TargetGroupArn }) => ({
      TargetHealthDescriptions: [...this.#group(TargetGroupArn).targets].map((Id) => ({ Target: { Id } })),
    }),
    'elbv2.RegisterTargets': ({ TargetGroupArn, Targets }) => {
      for (const id of idsIn(Targets, 'Id')) this.#group(TargetGroupArn).targets.add(id);
      return {};
    },
    'elbv2.DeregisterTargets': ({ TargetGroupArn, Targets }) => {
      for (const id of idsIn(Targets, 'Id')) this.#group(TargetGroupArn).targets.delete(id);
      return {};
    },
    'elbv2.DescribeListeners': ({ LoadBalancerArn }) => ({
      Listeners: [...this.listeners]
        .filter(([, { balancerArn }]) => balancerArn === LoadBalancerArn)
        .map(([ListenerArn, { port, groupArn }]) => ({
          ListenerArn,
          Port: port,
          DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
        })),
    }),
    'elbv2.CreateListener': (input) => {
      const groupArn = String(at(itemsOf(input.DefaultActions)[0], 'TargetGroupArn'));
      const listener = { balancerArn: String(input.LoadBalancerArn), port: input.Port, groupArn };
      this.listeners.set(`arn:listener:${String(input.Port)}`, listener);
      return {};
    },
    'elbv2.DeleteListener': ({ ListenerArn }) => {
      this.listeners.delete(String(ListenerArn));
      return {};
    },
    'ec2.DescribeSecurityGroups': ({ Filters }) => {
      const name = itemsOf(at(itemsOf(Filters)[0], 'Values'))[0];
      return {
        SecurityGroups: [...this.securityGroups]
          .filter(([, group]) => group.name === name)
          .map(([GroupId, { ports }]) => ({ GroupId, IpPermissions: [...ports].map((FromPort) => ({ FromPort })) })),
      };
    },
    'ec2.CreateSecurityGroup': ({ GroupName }) => {
      const GroupId = `sg-${this.securityGroups.size}`;
      this.securityGroups.set(GroupId, { name: String(GroupName), ports: new Set() });
      return { GroupId };
    },
    'ec2.AuthorizeSecurityGroupIngress': ({ GroupId, IpPermissions }) => {
      for (const rule of itemsOf(IpPermissions))
        this.securityGroups.get(String(GroupId))?.ports.add(at(rule, 'FromPort'));
      return {};
    },
    'ec2.RevokeSecurityGroupIngress': ({ GroupId, IpPermissions }) => {
      for (const rule of itemsOf(IpPermissions))
        this.securityGroups.get(String(GroupId))?.ports.delete(at(rule, 'FromPort'));
      return {};
    },
    'ec2.DeleteSecurityGroup': ({ GroupId }) => {
      this.securityGroups.delete(String(GroupId));
      return {};
    },
  };

  #classic(name: unknown): Classic {
    const found = this.classic.get(String(name));
    if (found === undefined)
      throw new AwsError('LoadBalancerNotFound', `There is no ACTIVE Load Balancer named '${String(name)}'`);
    return found;
  }

  #group(arn: unknown): Group {
    const found = this.groups.get(String(arn));
    if (found === undefined) throw new AwsError('TargetGroupNotFound', 'none');
    return found;
  }

  #listen(name: unknown, listeners: unknown): Input {
    for (const listener of itemsOf(listeners))
      this.#classic(name).listeners.set(Number(at(listener, 'LoadBalancerPort')), listener);
    return {};
  }
}

function idsIn(list: unknown, member: string): readonly string[] {
  return itemsOf(list).map((item) => String(at(item, member)));
}
