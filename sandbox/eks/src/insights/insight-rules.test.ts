import { describe, expect, it } from 'vitest';
import { insightsOf } from './insight-rules.ts';

type Source = Parameters<typeof insightsOf>[0];

const source = (version: string, group: string, addon: string): Source =>
  ({
    version,
    nodegroups: new Map([['app', { arn: 'arn:group', version: group }]]),
    addons: new Map([['coredns', { name: 'coredns', arn: 'arn:addon', version: addon }]]),
  }) as unknown as Source;

describe('insights before an upgrade', () => {
  it.each([
    ['fine', '1.35', '1.35', 'v1.14.2-eksbuild.3', ['PASSING', 'PASSING']],
    ['nodes two behind', '1.35', '1.33', 'v1.14.2-eksbuild.3', ['WARNING', 'PASSING']],
    ['an add-on that the next minor does not take', '1.35', '1.35', 'v1.12.4-eksbuild.10', ['PASSING', 'ERROR']],
  ])('%s', (_title, version, group, addon, expected) => {
    expect(insightsOf(source(version, group, addon)).map((insight) => insight.status)).toEqual(expected);
  });

  it('are none where there is no next minor', () => {
    expect(insightsOf(source('1.36', '1.36', 'v1.14.2-eksbuild.3'))).toEqual([]);
  });
});
