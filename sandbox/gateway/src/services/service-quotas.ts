import { AwsError, type AwsRequest, type AwsService } from '../service.ts';

interface Quota {
  readonly code: string;
  readonly name: string;
  /** AWS's default. */
  readonly byDefault: number;
  /** What this account has, where it was raised. */
  readonly applied?: number;
  readonly adjustable: boolean;
}

const names: Readonly<Record<string, string>> = {
  vpc: 'Amazon Virtual Private Cloud (Amazon VPC)',
  ec2: 'Amazon Elastic Compute Cloud (Amazon EC2)',
  eks: 'Amazon Elastic Kubernetes Service (Amazon EKS)',
  elasticloadbalancing: 'Elastic Load Balancing (ELB)',
  autoscaling: 'Amazon EC2 Auto Scaling',
  cloudformation: 'AWS CloudFormation',
};

/** AWS's defaults of the quotas that a cluster meets; vCPUs are raised as in any account that runs clusters. */
const quotas: Readonly<Record<string, readonly Quota[]>> = {
  vpc: [
    { code: 'L-F678F1CE', name: 'VPCs per Region', byDefault: 5, adjustable: true },
    { code: 'L-407747CB', name: 'Subnets per VPC', byDefault: 200, adjustable: true },
    { code: 'L-FE5A380F', name: 'NAT gateways per Availability Zone', byDefault: 5, adjustable: true },
    { code: 'L-A4707A72', name: 'Internet gateways per Region', byDefault: 5, adjustable: true },
    { code: 'L-E79EC296', name: 'VPC security groups per Region', byDefault: 2500, adjustable: true },
    { code: 'L-2AFB9258', name: 'Security groups per network interface', byDefault: 5, adjustable: true },
    { code: 'L-0EA8095F', name: 'Inbound or outbound rules per security group', byDefault: 60, adjustable: true },
    { code: 'L-DF5E4CA3', name: 'Network interfaces per Region', byDefault: 5000, adjustable: true },
    { code: 'L-589F43AA', name: 'Route tables per VPC', byDefault: 200, adjustable: true },
    { code: 'L-29B6F2EB', name: 'Interface VPC endpoints per VPC', byDefault: 50, adjustable: true },
  ],
  ec2: [
    { code: 'L-0263D0A3', name: 'EC2-VPC Elastic IPs', byDefault: 5, adjustable: true },
    {
      code: 'L-1216C47A',
      name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
      byDefault: 5,
      applied: 512,
      adjustable: true,
    },
    {
      code: 'L-34B43A08',
      name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
      byDefault: 5,
      applied: 512,
      adjustable: true,
    },
  ],
  eks: [
    { code: 'L-1194D53C', name: 'Clusters', byDefault: 100, adjustable: true },
    { code: 'L-6D54EA21', name: 'Managed node groups per cluster', byDefault: 30, adjustable: true },
    { code: 'L-BD136A63', name: 'Nodes per managed node group', byDefault: 450, adjustable: true },
  ],
  elasticloadbalancing: [
    { code: 'L-53DA6B97', name: 'Application Load Balancers per Region', byDefault: 50, adjustable: true },
    { code: 'L-69A177A2', name: 'Network Load Balancers per Region', byDefault: 50, adjustable: true },
  ],
  autoscaling: [{ code: 'L-CDE20ADC', name: 'Auto Scaling groups per region', byDefault: 500, adjustable: true }],
  cloudformation: [{ code: 'L-0485CB21', name: 'Stack count', byDefault: 2000, adjustable: true }],
};

/** Service Quotas for the services on a cluster's way. The sandbox names quotas; it does not enforce them. */
export function createServiceQuotasService(): AwsService {
  const handlers: Readonly<Record<string, (request: AwsRequest) => Record<string, unknown>>> = {
    GetServiceQuota: (request) => ({ Quota: one(request, true) }),
    GetAWSDefaultServiceQuota: (request) => ({ Quota: one(request, false) }),
    ListServiceQuotas: (request) => ({ Quotas: all(request, true) }),
    ListAWSDefaultServiceQuotas: (request) => ({ Quotas: all(request, false) }),
    ListServices: () => ({
      Services: Object.entries(names).map(([code, name]) => ({ ServiceCode: code, ServiceName: name })),
    }),
  };
  return {
    service: 'servicequotas',
    operations: new Set(Object.keys(handlers)),
    async handle(request) {
      const handler = handlers[request.operation];
      if (handler === undefined) throw new Error(`servicequotas has no handler for ${request.operation}.`);
      return handler(request);
    },
  };
}

function serviceOf({ input }: AwsRequest): { readonly code: string; readonly quotas: readonly Quota[] } {
  const code = String(input['ServiceCode']);
  const known = quotas[code];
  if (known === undefined) throw noSuch();
  return { code, quotas: known };
}

function one(request: AwsRequest, applied: boolean): Record<string, unknown> {
  const service = serviceOf(request);
  const quota = service.quotas.find(({ code }) => code === request.input['QuotaCode']);
  if (quota === undefined) throw noSuch();
  return shown(request, service.code, quota, applied);
}

function all(request: AwsRequest, applied: boolean): readonly Record<string, unknown>[] {
  const service = serviceOf(request);
  return service.quotas.map((quota) => shown(request, service.code, quota, applied));
}

function shown(
  { account, region }: AwsRequest,
  service: string,
  quota: Quota,
  applied: boolean,
): Record<string, unknown> {
  return {
    ServiceCode: service,
    ServiceName: names[service],
    QuotaArn: `arn:aws:servicequotas:${region}:${applied ? account : ''}:${service}/${quota.code}`,
    QuotaCode: quota.code,
    QuotaName: quota.name,
    Value: applied ? (quota.applied ?? quota.byDefault) : quota.byDefault,
    Unit: 'None',
    Adjustable: quota.adjustable,
    GlobalQuota: false,
  };
}

function noSuch(): AwsError {
  return new AwsError('NoSuchResourceException', 'The request failed because the specified resource does not exist.');
}
