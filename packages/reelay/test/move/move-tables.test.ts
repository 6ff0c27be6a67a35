import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MOVED_TABLES, STAYING_TABLES } from '../../src/store/move/move-tables.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { TestClock } from '../../src/system/test-clock.ts'

const names = (database: DatabaseSync, query: string, column: string): string[] =>
  database
    .prepare(query)
    .all()
    .map((row) => String(row[column]))

test('every table is moved or known to stay, and is read by its primary key', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-move-tables-'))
  const path = join(directory, 'reelay.db')
  try {
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
    const database = new DatabaseSync(path, { readOnly: true })
    const found = names(
      database,
      "select name from sqlite_schema where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'",
      'name',
    )
    const known = [...MOVED_TABLES.map(({ name }) => name), ...STAYING_TABLES]
    assert.deepEqual(found.toSorted(), known.toSorted())
    for (const { name, key } of MOVED_TABLES) {
      const own = names(
        database,
        `select name from pragma_table_info('${name}') where pk > 0 order by pk`,
        'name',
      )
      assert.deepEqual([name, ...own], [name, ...key])
    }
    database.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
