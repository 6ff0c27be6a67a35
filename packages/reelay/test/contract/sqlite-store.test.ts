import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { addDuration, type DurationSketch } from '../../src/task/duration-sketch.ts'
import { storeAloneContract } from './store-alone-contract.ts'
import { storeCallbackContract } from './store-callback-contract.ts'
import type { OpenTables } from './store-callback-subject.ts'
import { storeContract } from './store-contract.ts'
import { storeRetentionContract } from './store-retention-contract.ts'
import { StoreSubject } from './store-subject.ts'

const SCHEMA = new URL('schema.sql', import.meta.url)

const openTables: OpenTables = async (clock) => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-store-'))
  const path = join(directory, 'reelay.db')
  const store = await openSqliteStore({ path, clock })
  const reader = new DatabaseSync(path, { readOnly: true })
  const close = store.close.bind(store)
  store.close = async () => {
    reader.close()
    await close()
    await rm(directory, { recursive: true, force: true })
  }
  return { store, rows: async (table) => reader.prepare(`select * from ${table} order by rowid`).all() }
}

const open = async (clock: Clock): Promise<Store> => (await openTables(clock)).store

storeContract(open)
storeCallbackContract(openTables)
storeRetentionContract(openTables)
storeAloneContract(open, openTables)

test('usage: a restart counts on from where the process ended', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-usage-'))
  try {
    const path = join(directory, 'reelay.db')
    const clock = new TestClock()
    const first = new StoreSubject(clock, await openSqliteStore({ path, clock }))
    await first.create()
    await first.run('job')
    await first.create()
    await first.store.close()
    await using second = new StoreSubject(clock, await openSqliteStore({ path, clock }))
    await second.store.clearLeases()
    assert.deepEqual(await second.store.projectUsage('default'), { inFlight: 2, createdToday: 2 })
    const [claim] = await second.claim({ limit: 1 })
    await second.store.commit(second.move(claim!, 'failed', { dueAtMs: null }))
    assert.deepEqual(await second.store.projectUsage('default'), { inFlight: 1, createdToday: 2 })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

/** The whole schema as text, in a stable order. */
function schemaOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database
    .prepare(
      "select sql from sqlite_schema where sql is not null and name not like 'kysely%' order by type desc, name",
    )
    .all()
  database.close()
  return `${rows.map((row) => `${String(row['sql']).replaceAll(', "', ',\n  "')};`).join('\n\n')}\n`
}

test('migrations: the schema is the committed one (UPDATE_SCHEMA=1 writes it after a new migration)', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-schema-'))
  try {
    const path = join(directory, 'reelay.db')
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
    const schema = schemaOf(path)
    if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(SCHEMA, schema)
    assert.equal(schema, await readFile(SCHEMA, 'utf8'))
    // A second start finds everything in place.
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
    assert.equal(schemaOf(path), schema)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('callbacks of an attempt are counted without reading them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-counted-'))
  try {
    const path = join(directory, 'reelay.db')
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
    using database = new DatabaseSync(path, { readOnly: true })
    const plan = database
      .prepare(
        `explain query plan select count(*), count(*) filter (where verdict = 'forged') from callbacks_in
        where task_id = 't' and attempt_n = 1`,
      )
      .all()
    assert.match(JSON.stringify(plan), /USING COVERING INDEX callbacks_in_attempt/)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('migrations: durations that an older version listed are carried over into the sketch', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-carried-'))
  try {
    const path = join(directory, 'reelay.db')
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
    const samples = Array.from({ length: 50 }, (_, index) => ({
      lowerMs: 60_000 + index * 1_000,
      upperMs: 70_000 + index * 1_000,
      exactMs: index % 2 === 0 ? null : 65_000 + index * 1_000,
    }))
    const database = new DatabaseSync(path)
    database.exec(
      `drop table duration_sketches; drop index schedule_first; alter table schedule drop column goes_first;
      drop index callbacks_in_attempt; create index callbacks_in_task on callbacks_in (task_id);
      delete from kysely_migration where name >= '0008'`,
    )
    const insert = database.prepare(
      "insert into duration_stats (stat_key, seq, lower_ms, upper_ms, exact_ms, at) values ('k', ?, ?, ?, ?, 0)",
    )
    for (const [seq, { lowerMs, upperMs, exactMs }] of samples.entries())
      insert.run(seq, lowerMs, upperMs, exactMs)
    database.close()
    const store = await openSqliteStore({ path, clock: new TestClock() })
    assert.deepEqual(await store.durations('k'), samples.reduce<DurationSketch>(addDuration, []))
    await store.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
