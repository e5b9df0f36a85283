import { expect, it } from 'vitest';
import { interfaceUser } from './interface-user.ts';

const uuid = '0f6d2a1c-3b4e-4c5d-8e9f-a0b1c2d3e4f5';

it.each<[description: string, maker: string | undefined, hint: RegExp]>([
  [
    `AWS Lambda VPC ENI-daily-report-${uuid}`,
    'the Lambda function daily-report',
    /--function-name daily-report --vpc-config '\S+';/,
  ],
  ['AWS Lambda VPC ENI-report', 'the Lambda function report', /--function-name report --vpc/],
  ['EFS mount target for fs-0a1 (fsmt-0b2)', 'Amazon EFS (file system fs-0a1)', /--mount-target-id fsmt-0b2$/],
  ['RDSNetworkInterface', 'Amazon RDS', /aws rds describe-db-instances/],
  ['ElastiCache carts-001', 'Amazon ElastiCache (carts-001)', /elasticache/],
  ['ElastiCache+carts', 'Amazon ElastiCache (carts)', /elasticache/],
  ['RedshiftNetworkInterface', 'Amazon Redshift', /redshift/],
  ['DMSNetworkInterface', 'AWS Database Migration Service', /dms/],
  ['ES logs', 'Amazon OpenSearch Service (domain logs)', /--domain-name logs$/],
  ['Route 53 Resolver: rslvr-in-0a1:rni-0b2', 'Route 53 Resolver', /--resolver-endpoint-id rslvr-in-0a1$/],
  ['EC2 Instance Connect Endpoint eice-0a1', 'EC2 Instance Connect', /--instance-connect-endpoint-id eice-0a1$/],
  ['AWS created network interface for directory d-99', 'AWS Directory Service', /--directory-id d-99$/],
  ['ClientVPN Endpoint resource', 'AWS Client VPN', /disassociate-client-vpn/],
  [`arn:aws:ecs:eu-central-1:123456789012:attachment/${uuid}`, 'a task of Amazon ECS', /stop the tasks/],
  ['Amazon EKS other', 'the EKS cluster other', /delete-cluster --name other$/],
  ['a scanner of the audit team', undefined, /^$/],
  ['', undefined, /^$/],
])('an interface that says "%s" belongs to %s', (description, maker, hint) => {
  const user = interfaceUser(description);
  expect(user?.maker).toBe(maker);
  expect(user?.hint ?? '').toMatch(hint);
});
