import { allPages } from '../observe/plain.ts';
import { type Blocker, makerOf, type NamedArn } from './leftovers.ts';
import { nextPage, type Search, toMap } from './search.ts';

/** Endpoint services (PrivateLink) on load balancers of the cluster: AWS deletes no load balancer that has one. Asks only where one could. */
export async function findEndpointServices(search: Search, balancers: readonly NamedArn[]): Promise<Blocker[]> {
  const names = new Map(balancers.filter(({ arn }) => /\/(net|gwy)\//.test(arn)).map(({ arn, name }) => [arn, name]));
  if (names.size === 0) return [];
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeVpcEndpointServiceConfigurations', nextPage(token), search.signal),
    (page) => page.ServiceConfigurations,
    (page) => page.NextToken,
  );
  return all.flatMap(({ ServiceId, NetworkLoadBalancerArns, GatewayLoadBalancerArns, Tags }) => {
    const used = [...(NetworkLoadBalancerArns ?? []), ...(GatewayLoadBalancerArns ?? [])];
    const name = used.map((arn) => names.get(arn)).find((known) => known !== undefined);
    if (name === undefined) return [];
    return [
      {
        what: `endpoint service ${ServiceId} on load balancer ${name}`,
        maker: makerOf({ tags: toMap(Tags) }),
        hint: `delete it: aws ec2 delete-vpc-endpoint-service-configurations --service-ids ${ServiceId}`,
      },
    ];
  });
}
