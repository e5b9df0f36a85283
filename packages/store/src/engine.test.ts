import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openSqlite } from './engine.ts';
import { migrate } from './migrations.ts';

it('tells of a full disk by its name, though the transaction has rolled back by itself, and goes on when there is space', async () => {
  const engine = openSqlite(join(await mkdtemp(join(tmpdir(), 'roadstead-engine-')), 'roadstead.db'));
  await migrate(engine);
  const { db } = engine;
  const write = (id: string) =>
    db.transaction().execute(async (transaction) => {
      const row = { at: 0, actor: 'alice', action: 'up-begun', subject: id, detail: 'x'.repeat(100_000) };
      await transaction
        .insertInto('audit')
        .values({ ...row, detail: '' })
        .execute();
      await transaction.insertInto('audit').values(row).execute();
    });
  const { page_count: pages } = (await sql<{ page_count: number }>`pragma page_count`.execute(db)).rows[0] ?? {
    page_count: 0,
  };
  await sql`pragma max_page_count = ${sql.lit(pages + 1)}`.execute(db);
  await expect(write('full')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' });
  expect(await db.selectFrom('audit').selectAll().execute()).toEqual([]);
  await sql`pragma max_page_count = 1000000`.execute(db);
  await write('space');
  expect(await db.selectFrom('audit').select('subject').execute()).toHaveLength(2);
  await db.destroy();
});
