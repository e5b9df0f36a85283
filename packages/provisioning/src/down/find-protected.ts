import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { Blocker, NamedArn } from './leftovers.ts';
import type { Search } from './search.ts';

const protection = 'deletion_protection.enabled';

/** Load balancers of the cluster that were protected: AWS refuses to delete them, whoever asks, their controller included. */
export async function findProtected(search: Search, balancers: readonly NamedArn[]): Promise<Blocker[]> {
  const found = await mapBounded(balancers, 4, async ({ arn, name }): Promise<Blocker[]> => {
    const answer = await orAbsent(
      search.reader.read('elbv2', 'DescribeLoadBalancerAttributes', { LoadBalancerArn: arn }, search.signal),
    );
    const isProtected = (answer?.Attributes ?? []).some(({ Key, Value }) => Key === protection && Value === 'true');
    if (!isProtected) return [];
    const command = `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${arn} --attributes Key=${protection},Value=false`;
    return [
      {
        what: `deletion protection of load balancer ${name}`,
        maker: 'an annotation of its Service or Ingress, or by hand',
        hint: `take it out of the annotation, or: ${command}`,
      },
    ];
  });
  return found.flat();
}
