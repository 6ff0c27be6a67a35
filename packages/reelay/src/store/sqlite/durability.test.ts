import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { spawnStoreChild } from '../../../test/support/spawn-store-child.ts'

const CYCLES = 10

/** Ids of a column, as a new process would find them. */
function idsOf(database: DatabaseSync, query: string): Set<string> {
  return new Set(
    database
      .prepare(query)
      .all()
      .map((row) => String(row['id'])),
  )
}

test(`${CYCLES} kills without warning lose no acknowledged task and leave none half-written`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-durability-'))
  const path = join(directory, 'reelay.db')
  const acknowledged = new Set<string>()
  try {
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const child = spawnStoreChild(path)
      await child.until(8 + 13 * cycle)
      await child.kill()
      for (const id of child.acknowledged) acknowledged.add(id)
      const database = new DatabaseSync(path)
      const tasks = idsOf(database, 'select id from tasks')
      const lost = [...acknowledged].filter((id) => !tasks.has(id))
      assert.deepEqual(lost, [], `cycle ${cycle}`)
      // A task that nobody was told of may exist, but only whole.
      for (const query of [
        'select task_id as id from schedule',
        'select task_id as id from idempotency',
        'select distinct task_id as id from task_events',
      ]) {
        assert.deepEqual(idsOf(database, query), tasks, query)
      }
      assert.deepEqual(database.prepare('pragma integrity_check').get(), {
        __proto__: null,
        integrity_check: 'ok',
      })
      database.close()
    }
    assert.ok(acknowledged.size > CYCLES * 50)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
