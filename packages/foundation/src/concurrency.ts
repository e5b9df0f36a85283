import pLimit from 'p-limit';

/**
 * Runs `work` for each item, at most `limit` at a time, results in the items' order. The first failure rejects;
 * work already begun is not interrupted, work not yet begun is not started.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const run = pLimit(limit);
  let failure: { readonly error: unknown } | undefined;
  return Promise.all(
    items.map((item, index) =>
      run(async () => {
        if (failure !== undefined) throw failure.error;
        try {
          return await work(item, index);
        } catch (error) {
          failure ??= { error };
          throw error;
        }
      }),
    ),
  );
}
