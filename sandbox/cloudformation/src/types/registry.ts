import { autoScalingGroupHandler } from './auto-scaling-group.ts';
import { eipHandler } from './eip.ts';
import { eventsRuleHandler } from './events-rule.ts';
import type { ResourceHandler } from './handler.ts';
import { iamInstanceProfileHandler } from './iam-instance-profile.ts';
import { iamManagedPolicyHandler } from './iam-managed-policy.ts';
import { iamPolicyHandler } from './iam-policy.ts';
import { iamRoleHandler } from './iam-role.ts';
import { internetGatewayHandler } from './internet-gateway.ts';
import { kmsAliasHandler } from './kms-alias.ts';
import { kmsKeyHandler } from './kms-key.ts';
import { launchTemplateHandler } from './launch-template.ts';
import { lifecycleHookHandler } from './lifecycle-hook.ts';
import { logsLogGroupHandler } from './logs-log-group.ts';
import { natGatewayHandler } from './nat-gateway.ts';
import { routeHandler } from './route.ts';
import { routeTableHandler } from './route-table.ts';
import { route53HostedZoneHandler } from './route53-hosted-zone.ts';
import { securityGroupHandler } from './security-group.ts';
import { securityGroupEgressHandler, securityGroupIngressHandler } from './security-group-rule.ts';
import { sqsQueueHandler } from './sqs-queue.ts';
import { sqsQueuePolicyHandler } from './sqs-queue-policy.ts';
import { ssmParameterHandler } from './ssm-parameter.ts';
import { subnetHandler } from './subnet.ts';
import { subnetRouteTableAssociationHandler } from './subnet-route-table-association.ts';
import { vpcHandler } from './vpc.ts';
import { vpcCidrBlockHandler } from './vpc-cidr-block.ts';
import { vpcEndpointHandler } from './vpc-endpoint.ts';
import { vpcGatewayAttachmentHandler } from './vpc-gateway-attachment.ts';

/** Every resource type that templates may hold. */
export const resourceHandlers: readonly ResourceHandler[] = [
  autoScalingGroupHandler,
  eipHandler,
  eventsRuleHandler,
  iamInstanceProfileHandler,
  iamManagedPolicyHandler,
  iamPolicyHandler,
  iamRoleHandler,
  internetGatewayHandler,
  kmsAliasHandler,
  kmsKeyHandler,
  launchTemplateHandler,
  lifecycleHookHandler,
  logsLogGroupHandler,
  natGatewayHandler,
  routeHandler,
  route53HostedZoneHandler,
  routeTableHandler,
  securityGroupHandler,
  securityGroupEgressHandler,
  securityGroupIngressHandler,
  sqsQueueHandler,
  sqsQueuePolicyHandler,
  ssmParameterHandler,
  subnetHandler,
  subnetRouteTableAssociationHandler,
  vpcHandler,
  vpcCidrBlockHandler,
  vpcEndpointHandler,
  vpcGatewayAttachmentHandler,
];
