import { mapBounded } from '@roadstead/foundation';
import { AwsError, type Place } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { isListType, type ParameterValue, splitList, ssmValueType } from '../template/parameters.ts';
import type { Template } from '../template/template.ts';
import type { Engine } from './engine.ts';

interface Lookup {
  readonly service: string;
  readonly operation: string;
  readonly input: (value: string) => Record<string, unknown>;
}

const ec2 = (operation: string, member: string): Lookup => ({
  service: 'ec2',
  operation,
  input: (value) => ({ [member]: [value] }),
});

/** The call that finds nothing when a value of the type names nothing. */
const lookups: Readonly<Record<string, Lookup>> = {
  'AWS::EC2::AvailabilityZone::Name': ec2('DescribeAvailabilityZones', 'ZoneNames'),
  'AWS::EC2::Image::Id': ec2('DescribeImages', 'ImageIds'),
  'AWS::EC2::Instance::Id': ec2('DescribeInstances', 'InstanceIds'),
  'AWS::EC2::KeyPair::KeyName': ec2('DescribeKeyPairs', 'KeyNames'),
  'AWS::EC2::SecurityGroup::GroupName': ec2('DescribeSecurityGroups', 'GroupNames'),
  'AWS::EC2::SecurityGroup::Id': ec2('DescribeSecurityGroups', 'GroupIds'),
  'AWS::EC2::Subnet::Id': ec2('DescribeSubnets', 'SubnetIds'),
  'AWS::EC2::Volume::Id': ec2('DescribeVolumes', 'VolumeIds'),
  'AWS::EC2::VPC::Id': ec2('DescribeVpcs', 'VpcIds'),
  'AWS::Route53::HostedZone::Id': {
    service: 'route53',
    operation: 'GetHostedZone',
    input: (value) => ({ Id: value }),
  },
  'AWS::SSM::Parameter::Name': {
    service: 'ssm',
    operation: 'GetParameter',
    input: (value) => ({ Name: value }),
  },
};

/** Refuses values of AWS's own parameter types that name nothing in the stack's account and region. */
export async function checkAwsParameters(
  engine: Engine,
  place: Place,
  template: Template,
  values: Readonly<Record<string, ParameterValue>>,
): Promise<void> {
  const named = Object.entries(values).flatMap(([name, { value, resolved }]) => {
    const type = template.parameters[name]?.type ?? '';
    const inner = ssmValueType(type) ?? type;
    const lookup = lookups[inner.replace(/^List<(.+)>$/, '$1')];
    const text = resolved ?? value;
    if (lookup === undefined) return [];
    return (isListType(type) ? splitList(text) : [text]).map((each) => ({ name, value: each, lookup }));
  });
  await mapBounded(named, 4, (each) => requireThere(engine, place, each));
}

async function requireThere(
  engine: Engine,
  place: Place,
  { name, value, lookup }: { readonly name: string; readonly value: string; readonly lookup: Lookup },
): Promise<void> {
  const missing = validationError(
    `Parameter validation failed: parameter value ${value} for parameter name ${name} does not exist`,
  );
  let answer: Record<string, unknown>;
  try {
    answer = await engine.context.backend.call(place, lookup.service, lookup.operation, lookup.input(value));
  } catch (error) {
    throw error instanceof AwsError ? missing : error;
  }
  // Some stand-ins answer an empty list where AWS answers an error.
  const lists = Object.values(answer).filter(Array.isArray);
  if (lists.length > 0 && lists.every((list) => list.length === 0)) throw missing;
}
