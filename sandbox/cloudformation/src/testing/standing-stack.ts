import { at, objectsAt, textAt } from '../types/values.ts';
import { memoryWorld, type StackWorld } from './stack-world.ts';

/** Four resources of which one reads an attribute of another. */
export const template = (image: string, more = '') => `
Parameters: {Name: {Type: String, Default: one}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Metadata: {a: b}, Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: Name, Value: !Ref Name}]}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: ${image}}}}
  Version: {Type: AWS::SSM::Parameter, Properties: {Name: /v, Type: String, Value: !GetAtt Template.LatestVersionNumber}}
${more}
`;

/** What a change set of the stack `s` tells, a line for each resource. */
export async function changes(world: StackWorld, body: string, more = {}): Promise<string[]> {
  const name = `c${world.clock.now()}`;
  await world.call('CreateChangeSet', { StackName: 's', ChangeSetName: name, TemplateBody: body, ...more });
  await world.clock.advance(10_000);
  const answer = await world.call('DescribeChangeSet', {
    StackName: 's',
    ChangeSetName: name,
    IncludePropertyValues: true,
  });
  return objectsAt(answer, 'Changes').map(({ ResourceChange: change }) => {
    const details = objectsAt(change, 'Details').map((detail) =>
      [
        at(detail, 'Target', 'Path') ?? at(detail, 'Target', 'Attribute'),
        detail['Evaluation'],
        detail['ChangeSource'],
        at(detail, 'CausingEntity'),
        at(detail, 'Target', 'BeforeValue'),
        at(detail, 'Target', 'AfterValue'),
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    );
    const kind = `${textAt(change, 'Action')} ${textAt(change, 'LogicalResourceId')} ${String(at(change, 'Replacement') ?? '-')}`;
    return [kind, ...details].join('; ');
  });
}

/** A world in which the stack `s` stands. */
export async function standing(): Promise<StackWorld> {
  const world = memoryWorld();
  await world.create('s', template('ami-1'));
  return world;
}
