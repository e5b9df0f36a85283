import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { AwsError } from '@roadstead/sandbox-gateway';
import type { Eks, Handlers } from '../deps.ts';
import { requiredText, textMap, texts } from '../shared/read.ts';
import { tagProblem, tagsMember } from './tag-rules.ts';

interface Tagged {
  tags: Record<string, string>;
}

export const tagHandlers: Handlers = {
  async TagResource(eks, request) {
    const tagged = find(eks, request);
    const tags = { ...tagged.tags, ...textMap(request.input, 'tags') };
    const problem = tagProblem(tags);
    if (problem !== undefined) throw new AwsError('BadRequestException', problem, 400);
    tagged.tags = tags;
    eks.state.changed();
    return {};
  },

  async UntagResource(eks, request) {
    const tagged = find(eks, request);
    const gone = texts(request.input, 'tagKeys') ?? [];
    tagged.tags = Object.fromEntries(Object.entries(tagged.tags).filter(([key]) => !gone.includes(key)));
    eks.state.changed();
    return {};
  },

  async ListTagsForResource(eks, request) {
    return tagsMember(find(eks, request).tags);
  },
};

/** Any thing of the account and region that has an ARN. */
function find(eks: Eks, request: AwsRequest): Tagged {
  const arn = requiredText(request.input, 'resourceArn');
  if (!/^arn:aws:eks:[a-z0-9-]+:\d{12}:.+$/.test(arn)) {
    throw new AwsError('BadRequestException', `Invalid ARN: ${arn}`, 400);
  }
  for (const cluster of eks.state.clusters(request)) {
    const things: readonly (Tagged & { readonly arn: string })[] = [
      cluster,
      ...cluster.nodegroups.values(),
      ...cluster.fargateProfiles.values(),
      ...cluster.addons.values(),
      ...cluster.accessEntries.values(),
      ...cluster.associations.values(),
    ];
    const found = things.find((thing) => thing.arn === arn);
    if (found !== undefined) return found;
  }
  throw new AwsError('NotFoundException', `Resource not found for ARN: ${arn}`, 404);
}
