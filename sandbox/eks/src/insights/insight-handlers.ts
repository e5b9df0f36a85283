import { createHash } from 'node:crypto';
import { type Eks, type Handlers, now, pacedMs } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { notFound } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, requiredText, texts, within } from '../shared/read.ts';
import { type Insight, insightsOf } from './insight-rules.ts';

export const insightHandlers: Handlers = {
  async ListInsights(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const filter = within(request.input, 'filter');
    const fits = (key: string, value: string) => texts(filter, key)?.includes(value) ?? true;
    const rows = insightsOf(cluster)
      .filter((one) => fits('categories', one.category) && fits('statuses', one.status))
      .filter((one) => fits('kubernetesVersions', one.kubernetesVersion));
    const shown = page(rows, request, (one) => one.name);
    return {
      insights: shown.items.map((one) => summary(eks, cluster, one)),
      ...defined({ nextToken: shown.nextToken }),
    };
  },

  async DescribeInsight(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const id = requiredText(request.input, 'id');
    const insight = insightsOf(cluster).find((one) => idOf(cluster, one) === id);
    if (insight === undefined) throw notFound(`No insight found for id: ${id}`, { clusterName: cluster.name });
    return {
      insight: {
        ...summary(eks, cluster, insight),
        recommendation: insight.recommendation,
        resources: insight.resources.map(({ arn, status, reason }) => ({ arn, insightStatus: { status, reason } })),
        categorySpecificSummary: { deprecationDetails: [], addonCompatibilityDetails: insight.addons },
      },
    };
  },

  async StartInsightsRefresh(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    cluster.insightsRefresh = { startedAt: now(eks), endsAt: eks.context.clock.now() + pacedMs(eks, 60) };
    return { message: 'Insights refresh is in progress', status: 'IN_PROGRESS' };
  },

  async DescribeInsightsRefresh(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const refresh = cluster.insightsRefresh;
    if (refresh === undefined) throw notFound('No insights refresh found', { clusterName: cluster.name });
    const done = eks.context.clock.now() >= refresh.endsAt;
    return {
      message: done ? 'Insights refresh completed successfully' : 'Insights refresh is in progress',
      status: done ? 'COMPLETED' : 'IN_PROGRESS',
      startedAt: refresh.startedAt,
      ...(done ? { endedAt: new Date(refresh.endsAt) } : {}),
    };
  },
};

function idOf(cluster: ClusterRecord, insight: Insight): string {
  const hex = createHash('sha256').update(`${cluster.id}/${insight.name}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function summary(eks: Eks, cluster: ClusterRecord, insight: Insight): Record<string, unknown> {
  return {
    id: idOf(cluster, insight),
    name: insight.name,
    category: insight.category,
    kubernetesVersion: insight.kubernetesVersion,
    lastRefreshTime: now(eks),
    lastTransitionTime: cluster.createdAt,
    description: insight.description,
    insightStatus: { status: insight.status, reason: insight.reason },
  };
}
