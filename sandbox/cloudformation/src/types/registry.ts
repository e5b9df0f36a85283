import type { ResourceHandler } from './handler.ts';
import { internetGatewayHandler } from './internet-gateway.ts';
import { routeHandler } from './route.ts';
import { routeTableHandler } from './route-table.ts';
import { subnetHandler } from './subnet.ts';
import { subnetRouteTableAssociationHandler } from './subnet-route-table-association.ts';
import { vpcHandler } from './vpc.ts';
import { vpcCidrBlockHandler } from './vpc-cidr-block.ts';
import { vpcGatewayAttachmentHandler } from './vpc-gateway-attachment.ts';

/** Every resource type that templates may hold. */
export const resourceHandlers: readonly ResourceHandler[] = [
  internetGatewayHandler,
  routeHandler,
  routeTableHandler,
  subnetHandler,
  subnetRouteTableAssociationHandler,
  vpcHandler,
  vpcCidrBlockHandler,
  vpcGatewayAttachmentHandler,
];
