import { isAbsent } from '../calls/aws-failure.ts';
import { allPages } from '../observe/plain.ts';
import { type Blocker, isOfKubernetes, makerOf, type NamedArn } from './leftovers.ts';
import { type Search, type Tags, toMap } from './search.ts';

/** Load balancers of one generation: those of the cluster, and those that others put into its VPC. */
export interface FoundBalancers<T> {
  readonly ours: readonly T[];
  readonly foreign: readonly Blocker[];
}

interface Balancer {
  readonly name: string;
  /** What AWS tells tags by: the ARN, or the name of a classic one. */
  readonly key: string;
}

/** Application and network load balancers. */
export async function findLoadBalancers(search: Search): Promise<FoundBalancers<NamedArn>> {
  const all = await allPages(
    (token) =>
      search.reader.read('elbv2', 'DescribeLoadBalancers', token === undefined ? {} : { Marker: token }, search.signal),
    (page) => page.LoadBalancers,
    (page) => page.NextMarker,
  );
  const here = all
    .filter(({ VpcId }) => isHere(search, VpcId))
    .map(({ LoadBalancerName = '', LoadBalancerArn = '' }) => ({ name: LoadBalancerName, key: LoadBalancerArn }));
  const { ours, foreign } = await sortOut(search, here, tagsByArn(search));
  return {
    ours: ours.map(({ name, key }) => ({ name, arn: key })),
    foreign: foreign.map(({ name, key, tags }) => ({
      what: `load balancer ${name}`,
      maker: makerOf({ tags }),
      hint: `delete it: aws elbv2 delete-load-balancer --load-balancer-arn ${key}`,
    })),
  };
}

/** Classic load balancers, by name: what the cloud controller makes for a Service without annotations. */
export async function findClassicLoadBalancers(search: Search): Promise<FoundBalancers<string>> {
  const all = await allPages(
    (token) =>
      search.reader.read('elb', 'DescribeLoadBalancers', token === undefined ? {} : { Marker: token }, search.signal),
    (page) => page.LoadBalancerDescriptions,
    (page) => page.NextMarker,
  );
  const here = all
    .filter(({ VPCId }) => isHere(search, VPCId))
    .map(({ LoadBalancerName: name = '' }) => ({ name, key: name }));
  const { ours, foreign } = await sortOut(search, here, async (LoadBalancerNames) => {
    const answer = await search.reader.read('elb', 'DescribeTags', { LoadBalancerNames }, search.signal);
    return (answer.TagDescriptions ?? []).map(({ LoadBalancerName, Tags: tags }) => [LoadBalancerName, toMap(tags)]);
  });
  return {
    ours: ours.map(({ name }) => name),
    foreign: foreign.map(({ name, tags }) => ({
      what: `classic load balancer ${name}`,
      maker: makerOf({ tags }),
      hint: `delete it: aws elb delete-load-balancer --load-balancer-name ${name}; its network interfaces follow within minutes`,
    })),
  };
}

/** Target groups of the cluster. Those of others keep nothing from being deleted. */
export async function findTargetGroups(search: Search): Promise<NamedArn[]> {
  const all = await allPages(
    (token) =>
      search.reader.read('elbv2', 'DescribeTargetGroups', token === undefined ? {} : { Marker: token }, search.signal),
    (page) => page.TargetGroups,
    (page) => page.NextMarker,
  );
  const here = all
    .filter(({ VpcId }) => isHere(search, VpcId))
    .map(({ TargetGroupName = '', TargetGroupArn = '' }) => ({ name: TargetGroupName, key: TargetGroupArn }));
  const { ours } = await sortOut(search, here, tagsByArn(search));
  return ours.map(({ name, key }) => ({ name, arn: key }));
}

/** A cluster of another VPC may have the same name: what stands elsewhere is never of this one. */
function isHere(search: Search, vpcId: string | undefined): boolean {
  return search.vpcId === undefined || vpcId === search.vpcId;
}

type AskTags = (keys: string[]) => Promise<(readonly [string | undefined, Tags])[]>;

function tagsByArn(search: Search): AskTags {
  return async (ResourceArns) => {
    const answer = await search.reader.read('elbv2', 'DescribeTags', { ResourceArns }, search.signal);
    return (answer.TagDescriptions ?? []).map(({ ResourceArn, Tags: tags }) => [ResourceArn, toMap(tags)]);
  };
}

async function sortOut(search: Search, balancers: readonly Balancer[], ask: AskTags) {
  const tags = await tagsOf(
    balancers.map(({ key }) => key),
    ask,
  );
  // One without an answer has gone since it was listed.
  const there = balancers.flatMap((balancer) => {
    const found = tags.get(balancer.key);
    return found === undefined ? [] : [{ ...balancer, tags: found }];
  });
  return {
    ours: there.filter((balancer) => isOfKubernetes(balancer.tags, search.cluster)),
    foreign: there.filter((balancer) => search.vpcId !== undefined && !isOfKubernetes(balancer.tags, search.cluster)),
  };
}

/** As many as AWS takes in one request. */
const atOnce = 20;

/** AWS refuses a whole request for one thing that has gone since it was listed: then each is asked for by itself. */
async function tagsOf(keys: readonly string[], ask: AskTags): Promise<Map<string, Tags>> {
  const tags = new Map<string, Tags>();
  const take = async (some: readonly string[]): Promise<void> => {
    try {
      const answer = await ask([...some]);
      for (const key of some) tags.set(key, {});
      for (const [key, found] of answer) tags.set(key ?? '', found);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      if (some.length > 1) for (const one of some) await take([one]);
    }
  };
  for (let start = 0; start < keys.length; start += atOnce) await take(keys.slice(start, start + atOnce));
  return tags;
}
