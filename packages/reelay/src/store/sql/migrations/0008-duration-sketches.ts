import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { addDuration, type DurationSketch } from '../../../task/duration-sketch.ts'
import type { Tables } from '../schema.ts'

/** Cells to an insert: a statement has room for so many values. */
const ROWS_MAX = 100

/** Durations are counted where they were listed before. What was listed is carried over; older versions go on with their list. */
export function durationSketchesMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('duration_sketches')
        .addColumn('stat_key', 'text', (column) => column.notNull())
        .addColumn('era', 'integer', (column) => column.notNull())
        .addColumn('shard', 'integer', (column) => column.notNull())
        .addColumn('lower_ms', 'bigint', (column) => column.notNull())
        .addColumn('upper_ms', 'bigint', (column) => column.notNull())
        .addColumn('seen', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('duration_sketches_pk', ['stat_key', 'era', 'shard', 'lower_ms', 'upper_ms'])
        .execute()
      await carryOver(db.withTables<Tables>())
    },
  }
}

async function carryOver(db: Kysely<Tables>): Promise<void> {
  const keys = await db.selectFrom('duration_stats').select('stat_key').distinct().execute()
  for (const { stat_key: key } of keys) {
    const rows = await db
      .selectFrom('duration_stats')
      .select(['lower_ms as lowerMs', 'upper_ms as upperMs', 'exact_ms as exactMs'])
      .where('stat_key', '=', key)
      .orderBy('seq')
      .execute()
    const sketch = rows.reduce<DurationSketch>(addDuration, [])
    const cells = sketch.map(({ era, lowerMs, upperMs, seen }) => ({
      stat_key: key,
      era,
      shard: 0,
      lower_ms: lowerMs,
      upper_ms: upperMs,
      seen,
    }))
    for (let index = 0; index < cells.length; index += ROWS_MAX)
      await db
        .insertInto('duration_sketches')
        .values(cells.slice(index, index + ROWS_MAX))
        .execute()
  }
}
