import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { ColumnTypes } from './0001-initial.ts'

/**
 * What several processes on one database need: who they are, and on PostgreSQL storage that suits rows which are rewritten
 * with each look. The figures are those that were measured (ADR 0006): room in each page for the next version of a row, and
 * dead ones cleared early and without pauses.
 */
export function replicasMigration(types: ColumnTypes): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema.alterTable('instances').addColumn('role', 'text').execute()
      await db.schema.alterTable('instances').addColumn('host', 'text').execute()
      if (types.bytes !== 'bytea') return
      for (const table of ['schedule', 'deliveries', 'webhook_targets', 'rate_buckets', 'project_usage']) {
        await sql`alter table ${sql.table(table)} set (
          fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0
        )`.execute(db)
      }
    },
  }
}
