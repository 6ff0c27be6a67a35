import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Tables } from '../sql/schema.ts'
import type { MovedTable } from './move-tables.ts'

type Row = Readonly<Record<string, unknown>>

const names = (columns: readonly string[]): RawBuilder<unknown> =>
  sql.join(columns.map((column) => sql.ref(column)))

/** All rows of a table, a page at a time, each as values in the order of `columns`. */
export async function* readRows(
  db: Kysely<Tables>,
  { key, pageRows }: MovedTable,
  { table, columns }: { table: string; columns: readonly string[] },
): AsyncGenerator<readonly (readonly unknown[])[]> {
  let after: readonly unknown[] | undefined
  for (;;) {
    const beyond = after === undefined ? sql`` : sql`where (${names(key)}) > (${sql.join(after)})`
    const { rows } = await sql<Row>`select ${names(columns)} from ${sql.table(table)} ${beyond}
      order by ${names(key)} limit ${sql.lit(pageRows)}`.execute(db)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map((row) => columns.map((column) => row[column]))
    if (rows.length < pageRows) return
    after = key.map((column) => last[column])
  }
}

export async function countRows(db: Kysely<Tables>, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return rows[0]?.count ?? 0
}
