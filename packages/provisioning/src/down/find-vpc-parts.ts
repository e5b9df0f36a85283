import { allPages } from '../observe/plain.ts';
import { type Blocker, isGoing, makerOf } from './leftovers.ts';
import { inVpc, isOwned, type Search, toMap } from './search.ts';

/** Endpoints that others made, or that a service like GuardDuty made unasked. */
export async function findEndpoints(search: Search, vpcId: string): Promise<Blocker[]> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeVpcEndpoints', inVpc(vpcId, token), search.signal),
    (page) => page.VpcEndpoints,
    (page) => page.NextToken,
  );
  return all
    .filter(
      ({ State, VpcEndpointId, Tags }) =>
        State?.toLowerCase() !== 'deleted' && !isOwned(search, VpcEndpointId, toMap(Tags)),
    )
    .map(({ VpcEndpointId: id, ServiceName, State, RequesterManaged, Tags }) => ({
      what: `VPC endpoint ${id} (${ServiceName})`,
      maker: /guardduty/.test(ServiceName ?? '') ? 'Amazon GuardDuty' : makerOf({ tags: toMap(Tags) }),
      hint: endpointHint(`${id}`, State, RequesterManaged),
    }));
}

function endpointHint(id: string, state: string | undefined, requesterManaged: boolean | undefined): string {
  if (state?.toLowerCase() === 'deleting') return isGoing;
  if (requesterManaged === true) return 'switch off what made it';
  return `delete it: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`;
}

/** Subnets, route tables and network ACLs that others added: a VPC goes with none but its main and default ones. */
export async function findParts(search: Search, vpcId: string): Promise<Blocker[]> {
  const { reader, signal } = search;
  const [subnets, tables, lists] = await Promise.all([
    allPages(
      (token) => reader.read('ec2', 'DescribeSubnets', inVpc(vpcId, token), signal),
      (page) => page.Subnets,
      (page) => page.NextToken,
    ),
    allPages(
      (token) => reader.read('ec2', 'DescribeRouteTables', inVpc(vpcId, token), signal),
      (page) => page.RouteTables,
      (page) => page.NextToken,
    ),
    allPages(
      (token) => reader.read('ec2', 'DescribeNetworkAcls', inVpc(vpcId, token), signal),
      (page) => page.NetworkAcls,
      (page) => page.NextToken,
    ),
  ]);
  const added = tables.filter((table) => !(table.Associations ?? []).some(({ Main }) => Main === true));
  const parts = [
    ...subnets.map(({ SubnetId, Tags }) => ({ kind: 'subnet', id: SubnetId, tags: toMap(Tags) })),
    ...added.map(({ RouteTableId, Tags }) => ({ kind: 'route table', id: RouteTableId, tags: toMap(Tags) })),
    ...lists
      .filter(({ IsDefault }) => IsDefault !== true)
      .map(({ NetworkAclId, Tags }) => ({ kind: 'network ACL', id: NetworkAclId, tags: toMap(Tags) })),
  ];
  return parts
    .filter(({ id, tags }) => !isOwned(search, id, tags))
    .map(({ kind, id, tags }) => {
      const noun = kind.toLowerCase().replace(' ', '-');
      return {
        what: `${kind} ${id}`,
        maker: makerOf({ tags }),
        hint: `delete it: aws ec2 delete-${noun} --${noun}-id ${id}`,
      };
    });
}
