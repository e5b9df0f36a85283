import { expect, it } from 'vitest';
import { benchApply } from './apply-bench.ts';

it('applies, finds nothing to do, mends an edit by all four ways, and leaves nothing', async () => {
  const report = await benchApply({ objects: 12, rounds: 1, restMs: 0 });
  expect(report).toMatchObject({ objects: 12, rounds: 1 });
  for (const contender of [report.kubectl, report.warm, report.cold, report.bare])
    expect([contender.create, contender.unchanged, contender.mendOne].every(({ medianMs }) => medianMs > 0)).toBe(true);
});
