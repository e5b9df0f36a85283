import { describe, expect, it } from 'vitest';
import { readTemplate } from './template.ts';
import { type CarriedOf, checkCapabilities, requiredCapabilities, validateTemplate } from './validate.ts';

const carried: CarriedOf = (type) =>
  ({
    'AWS::EC2::VPC': { properties: ['CidrBlock', 'Tags'], attributes: ['VpcId'] },
    'AWS::EC2::Subnet': { properties: ['VpcId', 'CidrBlock'], attributes: [] },
    'AWS::IAM::Role': { properties: ['RoleName', 'AssumeRolePolicyDocument'], attributes: ['Arn'] },
  })[type];

const vpc = 'Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}';

function check(text: string): void {
  validateTemplate(readTemplate(text), carried);
}

describe('templates that are taken', () => {
  it.each([
    `Resources: {${vpc}}`,
    `Conditions: {C: !Equals [a, b]}\nResources: {Vpc: {Type: AWS::EC2::VPC, Condition: C, Properties: {CidrBlock: !If [C, x, y]}}}`,
    `Resources:\n  ${vpc}\n  S: {Type: AWS::EC2::Subnet, DependsOn: Vpc, Properties: {VpcId: !GetAtt Vpc.VpcId}}`,
    `Parameters: {P: {Type: String}}\nResources: {${vpc}}\nOutputs: {O: {Value: !Sub '\${P}-\${Vpc}-\${AWS::Region}', Export: {Name: x}}}`,
  ])('%s', (text) => {
    expect(() => check(text)).not.toThrow();
  });
});

describe('templates that are refused', () => {
  it.each([
    ['Resources: {}', 'At least one Resources member must be defined'],
    ['Resource: {}', 'Invalid template property or properties [Resource]'],
    [`Transform: AWS::Serverless-2016-10-31\nResources: {${vpc}}`, 'No transform named AWS::Serverless-2016-10-31'],
    [`AWSTemplateFormatVersion: 2011-01-01\nResources: {${vpc}}`, 'Unsupported template version'],
    ['Resources: {A: {Type: AWS::EC2::VPC, Propertys: {}}}', "Invalid template resource property 'Propertys'"],
    ['Resources: {A: {Type: AWS::EC2::VPC, UpdatePolicy: {}}}', 'UpdatePolicy of resource A is not carried'],
    ['Resources: {A-b: {Type: AWS::EC2::VPC}}', 'Resource name A-b is non alphanumeric'],
    ['Resources: {A: {Properties: {}}}', 'must contain a Type member'],
    ['Resources: {A: {Type: AWS::EC2::VPC, DeletionPolicy: Keep}}', 'Unrecognized DeletionPolicy "Keep"'],
    ['Resources: {A: {Type: AWS::EKS::Cluster}}', 'Unrecognized resource types: [AWS::EKS::Cluster]'],
    ['Resources: {A: {Type: AWS::EC2::VPC, Properties: {Cidr: x}}}', 'extraneous key [Cidr] is not permitted'],
    [
      'Resources: {A: {Type: AWS::EC2::VPC, Properties: {InstanceTenancy: x}}}',
      'InstanceTenancy of AWS::EC2::VPC (resource A) is not carried',
    ],
    [
      'Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref B}}}',
      'Unresolved resource dependencies [B] in the Resources block',
    ],
    ['Resources: {A: {Type: AWS::EC2::VPC, DependsOn: B}}', 'Unresolved resource dependencies [B]'],
    ['Resources: {A: {Type: AWS::EC2::VPC, Condition: C}}', 'Unresolved condition dependency C'],
    [
      'Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !If [C, a, b]}}}',
      'Unresolved condition dependency C',
    ],
    ['Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: {Fn::Foo: x}}}}', 'unsupported function: Fn::Foo'],
    ['Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: {Fn::Sub: x, b: 1}}}}', 'must be the only key'],
    [`Resources: {${vpc}}\nOutputs: {O: {Value: !GetAtt Vpc.Nope}}`, 'does not support attribute type Nope'],
    [
      `Resources: {${vpc}}\nOutputs: {O: {Value: !GetAtt Vpc.CidrBlock}}`,
      'Attribute CidrBlock of AWS::EC2::VPC (resource Vpc) is not carried',
    ],
    [`Resources: {${vpc}}\nOutputs: {O: {Value: !GetAtt Nope.Arn}}`, 'Fn::GetAtt references undefined resource Nope'],
    [`Resources: {${vpc}}\nOutputs: {O: {Description: x}}`, 'Every Outputs member must contain a Value'],
    [
      `Conditions: {C: !Equals [!Ref Vpc, x]}\nResources: {${vpc}}`,
      'Cannot reference resources in the Conditions block',
    ],
    [
      'Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref A}}}',
      'Circular dependency between resources: [A]',
    ],
    [
      'Resources: {A: {Type: AWS::EC2::VPC, DependsOn: B}, B: {Type: AWS::EC2::VPC, DependsOn: A}}',
      'Circular dependency between resources: [A, B]',
    ],
    [
      `Resources: {${Array.from({ length: 501 }, (_, index) => `R${index}: {Type: AWS::EC2::VPC}`).join(', ')}}`,
      'Number of resources, 501, is greater than maximum allowed, 500',
    ],
    [`Description: ${'x'.repeat(1025)}\nResources: {${vpc}}`, "'Description' length is greater than 1024."],
    [`Resources: {${'R'.repeat(256)}: {Type: AWS::EC2::VPC}}`, 'is longer than 255 characters'],
  ])('%.90s: %s', (text, message) => {
    expect(() => check(text)).toThrow(message);
  });
});

describe('capabilities', () => {
  const role = (properties: string) =>
    readTemplate(`Resources: {R: {Type: AWS::IAM::Role, Properties: {${properties}}}}`);
  it.each([
    ['RoleName: x', ['CAPABILITY_NAMED_IAM']],
    ['AssumeRolePolicyDocument: {}', ['CAPABILITY_IAM']],
  ])('%s asks for %j', (properties, expected) => {
    expect(requiredCapabilities(role(properties)).capabilities).toEqual(expected);
  });

  it('are refused when missing, and the stronger one covers the weaker', () => {
    expect(() => checkCapabilities(role('RoleName: x'), ['CAPABILITY_IAM'])).toThrow(
      'Requires capabilities : [CAPABILITY_NAMED_IAM]',
    );
    expect(() => checkCapabilities(role(''), ['CAPABILITY_NAMED_IAM'])).not.toThrow();
  });
});
