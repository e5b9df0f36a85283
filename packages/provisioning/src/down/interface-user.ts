/** Whom a network interface belongs to, and how to make them give it back. */
export interface InterfaceUser {
  readonly maker: string;
  readonly hint: string;
}

interface Row {
  readonly says: RegExp;
  /** Given what the groups of the pattern matched. */
  readonly user: (parts: readonly string[]) => InterfaceUser;
}

/** What AWS's services write into the description of the interfaces that they make in a VPC. */
const rows: readonly Row[] = [
  {
    says: /^AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/,
    user: ([name]) => ({
      maker: `the Lambda function ${name}`,
      hint: `take it out of the VPC: aws lambda update-function-configuration --function-name ${name} --vpc-config 'SubnetIds=[],SecurityGroupIds=[]'; the interface follows within the hour`,
    }),
  },
  {
    says: /^EFS mount target for (fs-\w+) \((fsmt-\w+)\)$/,
    user: ([system, target]) => ({
      maker: `Amazon EFS (file system ${system})`,
      hint: `delete its mount target: aws efs delete-mount-target --mount-target-id ${target}`,
    }),
  },
  {
    says: /^RDSNetworkInterface$/,
    user: () => ({
      maker: 'Amazon RDS',
      hint: 'delete the database, or move it to another VPC; `aws rds describe-db-instances` says which are in this one',
    }),
  },
  {
    says: /^ElastiCache[ +](\S+)$/,
    user: ([node]) => ({
      maker: `Amazon ElastiCache (${node})`,
      hint: 'delete the cache; `aws elasticache describe-cache-clusters` lists them',
    }),
  },
  {
    says: /^RedshiftNetworkInterface$/,
    user: () => ({
      maker: 'Amazon Redshift',
      hint: 'delete the warehouse; `aws redshift describe-clusters` says which are in this VPC',
    }),
  },
  {
    says: /^DMSNetworkInterface$/,
    user: () => ({
      maker: 'AWS Database Migration Service',
      hint: 'delete the instance; `aws dms describe-replication-instances` lists them',
    }),
  },
  {
    says: /^ES (\S+)$/,
    user: ([domain]) => ({
      maker: `Amazon OpenSearch Service (domain ${domain})`,
      hint: `delete it: aws opensearch delete-domain --domain-name ${domain}`,
    }),
  },
  {
    says: /^Route 53 Resolver: (rslvr-\w+-\w+)/,
    user: ([endpoint]) => ({
      maker: 'Route 53 Resolver',
      hint: `delete its endpoint: aws route53resolver delete-resolver-endpoint --resolver-endpoint-id ${endpoint}`,
    }),
  },
  {
    says: /\b(eice-\w+)/,
    user: ([endpoint]) => ({
      maker: 'EC2 Instance Connect',
      hint: `delete its endpoint: aws ec2 delete-instance-connect-endpoint --instance-connect-endpoint-id ${endpoint}`,
    }),
  },
  {
    says: /^AWS created network interface for directory (d-\w+)/,
    user: ([directory]) => ({
      maker: 'AWS Directory Service',
      hint: `delete the directory: aws ds delete-directory --directory-id ${directory}`,
    }),
  },
  {
    says: /^ClientVPN Endpoint/,
    user: () => ({
      maker: 'AWS Client VPN',
      hint: 'take the VPC from the endpoint: aws ec2 disassociate-client-vpn-target-network; `aws ec2 describe-client-vpn-endpoints` lists them',
    }),
  },
  {
    says: /^arn:aws[\w-]*:ecs:[^:]*:\d*:attachment\//,
    user: () => ({ maker: 'a task of Amazon ECS', hint: 'stop the tasks and services that run in this VPC' }),
  },
  {
    says: /^Amazon EKS (\S+)$/,
    user: ([cluster]) => ({
      maker: `the EKS cluster ${cluster}`,
      hint: `delete that cluster: aws eks delete-cluster --name ${cluster}`,
    }),
  },
];

/** The service behind an interface, by its description alone; undefined for what a person or an unknown service made. */
export function interfaceUser(description: string): InterfaceUser | undefined {
  for (const { says, user } of rows) {
    const match = says.exec(description);
    if (match !== null) return user(match.slice(1));
  }
  return undefined;
}
