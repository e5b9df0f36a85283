import { expect, it } from 'vitest';
import { renderMany } from './render-many.ts';

it('renders each cluster to a release of its own', async () => {
  const figures = await renderMany(3);
  expect(figures).toMatchObject({ clusters: 3, digests: 3 });
  expect(figures.renderMs).toBeGreaterThan(0);
});
