import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely } from 'kysely'
import { nodeSqliteDialect } from '../sqlite/node-sqlite-dialect.ts'
import { connected, type Connected } from './connected.ts'
import { ONE_WRITER } from './locks.ts'
import { Prepared } from './prepared.ts'
import type { Tables } from './schema.ts'

async function open(): Promise<Connected & { locks: typeof ONE_WRITER }> {
  const database = new DatabaseSync(':memory:')
  database.exec('create table duties (name text primary key, project_id text, owner text, until_at integer)')
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(database) })
  return { ...(await connected(db)), locks: ONE_WRITER }
}

type Duty = { name: string; owner: string; untilAtMs: number }

test('a prepared statement is built once for a database and its transactions, and run with the values of each call', async () => {
  let built = 0
  const put = new Prepared(({ db }, { name, owner, untilAtMs }: Duty) => {
    built += 1
    return db.insertInto('duties').values({ name, project_id: 'default', owner, until_at: untilAtMs })
  })
  const ofOwner = new Prepared(({ db }, { owner, after }: { owner: string; after: number }) =>
    db.selectFrom('duties').select('name').where('until_at', '>', after).where('owner', '=', owner),
  )
  const place = await open()
  await put.run(place, { name: 'a', owner: 'x', untilAtMs: 1 })
  await place.db.transaction().execute(async (db) => {
    const { numAffectedRows } = await put.run(
      { ...place, ...(await connected(db)) },
      { name: 'b', owner: 'x', untilAtMs: 2 },
    )
    assert.equal(numAffectedRows, 1n)
  })
  assert.equal(built, 1)
  assert.deepEqual((await ofOwner.run(place, { owner: 'x', after: 0 })).rows.length, 2)
  assert.equal((await ofOwner.first(place, { owner: 'x', after: 1 }))?.name, 'b')
  assert.equal(await ofOwner.first(place, { owner: 'y', after: 0 }), undefined)
  await put.run(await open(), { name: 'a', owner: 'x', untilAtMs: 1 })
  assert.equal(built, 2, 'another database may speak another dialect')
})

test('an argument that is calculated with before it has a value is an error', async () => {
  const late = new Prepared(({ db }, { nowMs }: { nowMs: number }) =>
    db
      .selectFrom('duties')
      .select('name')
      .where('until_at', '<', nowMs + 1),
  )
  const place = await open()
  assert.throws(() => void late.run(place, { nowMs: 1 }), /argument nowMs .* has no value yet/)
})
