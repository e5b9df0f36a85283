import { AwsError, type Backend, type Place } from '@roadstead/sandbox-gateway';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { at, objectsAt, textAt } from '../types/values.ts';

interface Thing {
  readonly kind: 'vpc' | 'subnet' | 'parameter' | 'template' | 'template-version';
  readonly id: string;
  readonly place: string;
  data: Record<string, unknown>;
  tags: JsonObject[];
}

/**
 * A few AWS services in memory for tests of the engine: VPCs, subnets, launch templates and parameters, with AWS's own
 * refusals: a VPC with subnets stays, names are taken once, blocks must lie inside their VPC's.
 */
export class MemoryAws implements Backend {
  #things: Thing[] = [];
  #counter = 0;
  readonly #failures: { operation: string; error: AwsError; matches: (input: JsonObject) => boolean; left: number }[] =
    [];

  /** The next `times` calls of an operation whose input `matches` fail. */
  fail(operation: string, error: AwsError, matches: (input: JsonObject) => boolean = () => true, times = 1): void {
    this.#failures.push({ operation, error, matches, left: times });
  }

  /** What there is of a kind, oldest first. */
  list(kind: Thing['kind']): readonly Thing[] {
    return this.#things.filter((thing) => thing.kind === kind);
  }

  /** Changes a thing behind everybody's back. */
  tamper(id: string, data: JsonObject): void {
    const thing = this.#things.find((each) => each.id === id);
    if (thing === undefined) throw new Error(`no ${id}`);
    thing.data = { ...thing.data, ...data };
  }

  /** Takes a thing away behind everybody's back. */
  vanish(id: string): void {
    this.#things = this.#things.filter((each) => each.id !== id);
  }

  async call(
    place: Place,
    service: string,
    operation: string,
    input: JsonObject = {},
  ): Promise<Record<string, unknown>> {
    await Promise.resolve();
    const failure = this.#failures.find((each) => each.operation === operation && each.left > 0 && each.matches(input));
    if (failure !== undefined) {
      failure.left--;
      throw failure.error;
    }
    const act = this.#operations[`${service}.${operation}`];
    if (act === undefined) throw new AwsError('InvalidAction', `${service} ${operation} is not in this test's world`);
    return act(input, `${place.account}/${place.region}`);
  }

  readonly #operations: Readonly<Record<string, (input: JsonObject, place: string) => Record<string, unknown>>> = {
    'ec2.CreateVpc': (input, place) => {
      const vpc = this.#make(
        'vpc',
        place,
        { CidrBlock: input['CidrBlock'], enableDnsSupport: true, enableDnsHostnames: false },
        input,
      );
      return { Vpc: { VpcId: vpc.id } };
    },
    'ec2.ModifyVpcAttribute': (input) => {
      const vpc = this.#require(textAt(input, 'VpcId'), 'InvalidVpcID.NotFound');
      for (const name of ['EnableDnsSupport', 'EnableDnsHostnames']) {
        const value = at(input, name, 'Value');
        if (value !== undefined) vpc.data[`e${name.slice(1)}`] = value;
      }
      return {};
    },
    'ec2.DescribeVpcs': (input) => {
      const vpc = this.#require(textAt(input, 'VpcIds', 0), 'InvalidVpcID.NotFound');
      const tenancy = { InstanceTenancy: 'default' };
      return { Vpcs: [{ VpcId: vpc.id, ...tenancy, ...vpc.data, Tags: vpc.tags, CidrBlockAssociationSet: [] }] };
    },
    'ec2.DescribeVpcAttribute': (input) => {
      const name = textAt(input, 'Attribute');
      const vpc = this.#require(textAt(input, 'VpcId'), 'InvalidVpcID.NotFound');
      return { [`E${name.slice(1)}`]: { Value: vpc.data[name] } };
    },
    'ec2.DescribeSecurityGroups': () => ({ SecurityGroups: [{ GroupId: 'sg-default' }] }),
    'ec2.DescribeNetworkAcls': () => ({ NetworkAcls: [{ NetworkAclId: 'acl-default' }] }),
    'ec2.DescribeAvailabilityZones': (_, place) => ({
      AvailabilityZones: ['b', 'a'].map((zone) => ({ ZoneName: `${place.split('/')[1]}${zone}` })),
    }),
    'ec2.DeleteVpc': (input) => {
      const id = textAt(input, 'VpcId');
      this.#require(id, 'InvalidVpcID.NotFound');
      if (this.list('subnet').some((subnet) => subnet.data['VpcId'] === id)) {
        throw new AwsError('DependencyViolation', `The vpc '${id}' has dependencies and cannot be deleted.`);
      }
      this.vanish(id);
      return {};
    },
    'ec2.CreateSubnet': (input, place) => {
      const vpc = this.#require(textAt(input, 'VpcId'), 'InvalidVpcID.NotFound');
      const prefix = textAt(vpc.data, 'CidrBlock').split('.').slice(0, 2).join('.');
      if (!textAt(input, 'CidrBlock').startsWith(`${prefix}.`)) {
        throw new AwsError('InvalidSubnet.Range', `The CIDR '${textAt(input, 'CidrBlock')}' is invalid.`);
      }
      const { TagSpecifications, ...data } = input;
      const subnet = this.#make('subnet', place, { ...data, MapPublicIpOnLaunch: false }, input);
      return { Subnet: { SubnetId: subnet.id } };
    },
    'ec2.ModifySubnetAttribute': (input) => {
      const subnet = this.#require(textAt(input, 'SubnetId'), 'InvalidSubnetID.NotFound');
      subnet.data['MapPublicIpOnLaunch'] = at(input, 'MapPublicIpOnLaunch', 'Value');
      return {};
    },
    'ec2.DescribeSubnets': (input) => {
      const subnet = this.#require(textAt(input, 'SubnetIds', 0), 'InvalidSubnetID.NotFound');
      return { Subnets: [{ SubnetId: subnet.id, ...subnet.data, Tags: subnet.tags }] };
    },
    'ec2.DeleteSubnet': (input) => this.#remove(textAt(input, 'SubnetId'), 'InvalidSubnetID.NotFound'),
    'ec2.DescribeTags': (input) => ({ Tags: this.#find(textAt(input, 'Filters', 0, 'Values', 0))?.tags ?? [] }),
    'ec2.CreateTags': (input) => {
      const thing = this.#require(textAt(input, 'Resources', 0), 'InvalidID');
      const put = objectsAt(input, 'Tags');
      thing.tags = [...thing.tags.filter((tag) => !put.some((each) => each['Key'] === tag['Key'])), ...put];
      return {};
    },
    'ec2.DeleteTags': (input) => {
      const thing = this.#require(textAt(input, 'Resources', 0), 'InvalidID');
      const keys = objectsAt(input, 'Tags').map((tag) => tag['Key']);
      thing.tags = thing.tags.filter((tag) => !keys.includes(tag['Key']));
      return {};
    },
    'ec2.CreateLaunchTemplate': (input, place) => {
      const template = this.#make('template', place, { LaunchTemplateName: input['LaunchTemplateName'] }, input);
      this.#addVersion(template, input);
      return { LaunchTemplate: { LaunchTemplateId: template.id } };
    },
    'ec2.CreateLaunchTemplateVersion': (input) => {
      this.#addVersion(this.#require(textAt(input, 'LaunchTemplateId'), 'InvalidLaunchTemplateId.NotFound'), input);
      return {};
    },
    'ec2.DescribeLaunchTemplates': (input) => {
      const template = this.#require(textAt(input, 'LaunchTemplateIds', 0), 'InvalidLaunchTemplateId.NotFound');
      const latest = this.#versions(template.id).length;
      const numbers = { LatestVersionNumber: latest, DefaultVersionNumber: 1 };
      return {
        LaunchTemplates: [{ LaunchTemplateId: template.id, ...template.data, ...numbers, Tags: template.tags }],
      };
    },
    'ec2.DescribeLaunchTemplateVersions': (input) => ({
      LaunchTemplateVersions: this.#versions(textAt(input, 'LaunchTemplateId')).map((version) => version.data),
    }),
    'ec2.DeleteLaunchTemplate': (input) => {
      const id = textAt(input, 'LaunchTemplateId');
      for (const version of this.#versions(id)) this.vanish(version.id);
      return this.#remove(id, 'InvalidLaunchTemplateId.NotFound');
    },
    'ssm.PutParameter': (input, place) => {
      const known = this.#parameter(textAt(input, 'Name'), place);
      if (known !== undefined && input['Overwrite'] !== true) {
        throw new AwsError('ParameterAlreadyExists', 'The parameter already exists.');
      }
      const { Tags, Overwrite, ...data } = input;
      if (known === undefined) this.#make('parameter', place, data, { TagSpecifications: [{ Tags }] });
      else known.data = data;
      return {};
    },
    'ssm.GetParameter': (input, place) => {
      const parameter = this.#parameter(textAt(input, 'Name'), place);
      if (parameter === undefined)
        throw new AwsError('ParameterNotFound', `Parameter ${textAt(input, 'Name')} not found.`);
      return { Parameter: { ...parameter.data, ARN: `arn:aws:ssm:::parameter/${textAt(input, 'Name')}` } };
    },
    'ssm.DescribeParameters': (input, place) => ({
      Parameters: [this.#parameter(textAt(input, 'ParameterFilters', 0, 'Values', 0), place)?.data ?? {}],
    }),
    'ssm.ListTagsForResource': (input, place) => ({
      TagList: this.#parameter(textAt(input, 'ResourceId'), place)?.tags ?? [],
    }),
    'ssm.AddTagsToResource': () => ({}),
    'ssm.RemoveTagsFromResource': () => ({}),
    'ssm.DeleteParameter': (input, place) => {
      const parameter = this.#parameter(textAt(input, 'Name'), place);
      return this.#remove(parameter?.id ?? '', 'ParameterNotFound');
    },
    'iam.GetRole': (input) => {
      throw new AwsError('NoSuchEntity', `Role ${textAt(input, 'RoleName')} not found`, 404);
    },
  };

  #make(kind: Thing['kind'], place: string, data: JsonObject, input: JsonObject): Thing {
    const tags = objectsAt(input, 'TagSpecifications').flatMap((each) => objectsAt(each, 'Tags'));
    const thing: Thing = { kind, id: `${kind}-${++this.#counter}`, place, data: { ...data }, tags };
    this.#things.push(thing);
    return thing;
  }

  #addVersion(template: Thing, input: JsonObject): void {
    const data = isJsonObject(input['LaunchTemplateData']) ? input['LaunchTemplateData'] : {};
    const VersionNumber = this.#versions(template.id).length + 1;
    this.#make('template-version', template.place, { of: template.id, VersionNumber, LaunchTemplateData: data }, {});
  }

  #versions(templateId: string): readonly Thing[] {
    return this.list('template-version').filter((version) => version.data['of'] === templateId);
  }

  #parameter(name: string, place: string): Thing | undefined {
    return this.list('parameter').find((thing) => thing.data['Name'] === name && thing.place === place);
  }

  #find(id: string): Thing | undefined {
    return this.#things.find((thing) => thing.id === id);
  }

  #require(id: string, code: string): Thing {
    const thing = this.#find(id);
    if (thing === undefined) throw new AwsError(code, `The ID '${id}' does not exist`);
    return thing;
  }

  #remove(id: string, code: string): Record<string, unknown> {
    this.#require(id, code);
    this.vanish(id);
    return {};
  }
}
