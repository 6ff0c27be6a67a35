import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { DatabaseLocation } from '../../src/store/database-location.ts'
import { DatabaseMoved } from '../../src/store/database-moved.ts'
import { undoExport } from '../../src/store/move/export-database.ts'
import { MoveRefused } from '../../src/store/move/move-refused.ts'
import { DatabaseOwned } from '../../src/store/sqlite/owner-lock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import { BackupUnsupported } from '../../src/store/upkeep.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { StoreSubject } from '../contract/store-subject.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { fillDatabase } from './filled-database.ts'
import { MoveSubject, SECRET_MARK, type Rows } from './move-subject.ts'

let server: RealPostgres
let databases = 0

before(async () => {
  server = await startPostgres()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

async function newPostgres(): Promise<DatabaseLocation & { kind: 'postgres' }> {
  databases += 1
  const url = await server.createDatabase(`move_${databases}`)
  return { kind: 'postgres', url, connectionsMax: 4 }
}

const openPostgres = async (url: string): Promise<Store> =>
  (await openPostgresStore({ url, clock: systemClock, log: silentLog })).store

type Row = Rows[string][number]

/** A lease is over; its fence and all others are raised. */
function free(row: Row): Row {
  const isHeld = row['lease_owner'] !== null
  const fence = Number(row['fence']) + (isHeld ? 2 : 1)
  return { ...row, fence, lease_owner: null, due_at: isHeld ? 'now' : row['due_at'] }
}

/** As it is in a database that nobody has worked on since the import. */
function imported(rows: Rows): Rows {
  return {
    ...rows,
    schedule: rows['schedule']!.map(free),
    deliveries: rows['deliveries']!.map((row) => (row['state'] === 'pending' ? free(row) : row)),
    webhook_targets: rows['webhook_targets']!.map((row) =>
      row['next_due_at'] === null || row['open_until'] !== null ? row : { ...row, next_due_at: 'now' },
    ),
  }
}

/** Due times that the import set are told apart from those that it kept. */
function withNow(rows: Rows, sinceMs: number): Rows {
  const shown = (row: Row, column: string): Row =>
    Number(row[column]) >= sinceMs && Number(row[column]) <= Date.now() ? { ...row, [column]: 'now' } : row
  return {
    ...rows,
    schedule: rows['schedule']!.map((row) => shown(row, 'due_at')),
    deliveries: rows['deliveries']!.map((row) => shown(row, 'due_at')),
    webhook_targets: rows['webhook_targets']!.map((row) => shown(row, 'next_due_at')),
  }
}

const shownValue = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value
}

/** PostgreSQL gives bytes as a Buffer and takes no character 0, unlike SQLite. */
const plain = (rows: Rows): Rows =>
  Object.fromEntries(
    Object.entries(rows).map(([table, list]) => [
      table,
      list.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shownValue(value)])),
      ),
    ]),
  )

async function goesThere(subject: MoveSubject, from: DatabaseLocation, to: DatabaseLocation, name: string) {
  const was = await subject.rows(from)
  const exported = await subject.export(from, name)
  const sinceMs = Date.now() - 50
  const { id, rows } = await subject.import(to, name)
  assert.deepEqual([id, rows], [exported.id, exported.rows])
  assert.deepEqual(plain(withNow(await subject.rows(to), sinceMs)), plain(imported(was)))
}

test('everything goes from a file to PostgreSQL and back: the same rows, free leases, higher fences', async () => {
  await using subject = await MoveSubject.open()
  const { leasedId, clock } = await fillDatabase(subject.path('a.db'))
  const postgres = await newPostgres()
  await goesThere(subject, subject.file('a.db'), postgres, 'a.ndjson')
  const store = await openPostgres(postgres.url)
  await using over = new StoreSubject(clock, store)
  const claims = await over.claim({ limit: 1_000 })
  assert.ok(claims.some(({ taskId }) => taskId === leasedId))
  assert.equal((await store.findCallbackTarget('hash-of-token'))?.taskId, leasedId)
  assert.equal((await store.findIdempotent('default', 'r', 'key-7'))?.fingerprint, 'f-7')
  await store.close()
  await goesThere(subject, postgres, subject.file('b.db'), 'b.ndjson.gz')
  assert.match(
    gunzipSync(await readFile(subject.path('b.ndjson.gz'))).toString(),
    /^\{"format":"reelay-export"/,
  )
})

test('a moved database takes no gateway, can be exported again and can be taken back', async () => {
  await using subject = await MoveSubject.open()
  const path = subject.path('a.db')
  await fillDatabase(path)
  const was = await subject.rows(subject.file('a.db'))
  const first = await subject.export(subject.file('a.db'), 'first')
  const clock = new TestClock()
  await assert.rejects(openSqliteStore({ path, clock }), (error) => {
    assert.ok(error instanceof DatabaseMoved)
    assert.match(error.message, /moved on \d{4}.*export_1.*reelay export --undo/)
    return true
  })
  const again = await subject.export(subject.file('a.db'), 'again')
  assert.deepEqual([again.id, again.rows], [first.id, first.rows])
  assert.deepEqual(await subject.rows(subject.file('a.db')), was)
  {
    await using tables = await subject.tables(subject.file('a.db'))
    assert.equal(await undoExport(tables), first.id)
  }
  await (await openSqliteStore({ path, clock })).close()
  await using tables = await subject.tables(subject.file('a.db'))
  await assert.rejects(undoExport(tables), MoveRefused)
})

test('a copy leaves its database open, and is taken on the word only that it is the last', async () => {
  await using subject = await MoveSubject.open()
  await fillDatabase(subject.path('a.db'))
  assert.equal((await subject.export(subject.file('a.db'), 'copy', false)).isMove, false)
  await (await openSqliteStore({ path: subject.path('a.db'), clock: new TestClock() })).close()
  await assert.rejects(
    subject.import(subject.file('b.db'), 'copy'),
    /may still work on the same tasks.*--copy/,
  )
  await subject.import(subject.file('b.db'), 'copy', { takesCopies: true })
})

test('a gateway at work keeps its database: a file by its lock, PostgreSQL by who was heard of', async () => {
  await using subject = await MoveSubject.open()
  const store = await openSqliteStore({ path: subject.path('a.db'), clock: new TestClock() })
  await assert.rejects(subject.export(subject.file('a.db'), 'out'), DatabaseOwned)
  await store.close()
  const postgres = await newPostgres()
  const living = await openPostgres(postgres.url)
  await living.beat({ id: 'w1', version: '1', role: 'worker', host: 'machine-7', startedAtMs: 1 })
  await assert.rejects(subject.export(postgres, 'out'), /machine-7 \(worker\).*Stop them all/)
  await assert.rejects(subject.import(postgres, 'out'), /machine-7 \(worker\)/)
  assert.equal(existsSync(subject.path('out')), false)
  await living.leave('w1')
  await subject.export(postgres, 'out')
  await living.close()
})

test('a process that slept through a move of PostgreSQL can neither accept nor claim nor commit', async () => {
  await using subject = await MoveSubject.open()
  const postgres = await newPostgres()
  const clock = new TestClock(Date.now())
  await using zombie = new StoreSubject(clock, await openPostgres(postgres.url))
  await zombie.create()
  await zombie.create()
  const claim = await zombie.claimOne({ limit: 1 })
  await subject.export(postgres, 'out')
  await assert.rejects(zombie.create(), StoreUnavailable)
  await assert.rejects(zombie.claim(), StoreUnavailable)
  const late = zombie.store.commit(zombie.move(claim, 'failed', { dueAtMs: null }))
  await assert.rejects(late, StoreUnavailable)
  assert.equal((await subject.rows(postgres))['tasks']!.length, 2)
  await assert.rejects(openPostgres(postgres.url), DatabaseMoved)
})

test('an export that fails by itself leaves its database as it was, and no file', async () => {
  await using subject = await MoveSubject.open()
  await fillDatabase(subject.path('a.db'))
  await assert.rejects(subject.export(subject.file('a.db'), 'no/such/folder/out'), /ENOENT/)
  await (await openSqliteStore({ path: subject.path('a.db'), clock: new TestClock() })).close()
  await writeFile(subject.path('taken'), 'mine')
  await assert.rejects(subject.export(subject.file('a.db'), 'taken'), /exists already/)
  assert.equal(await readFile(subject.path('taken'), 'utf8'), 'mine')
  await (await openSqliteStore({ path: subject.path('a.db'), clock: new TestClock() })).close()
})

test('a file that is cut anywhere, or changed, fills nothing', async () => {
  await using subject = await MoveSubject.open()
  await fillDatabase(subject.path('a.db'))
  await subject.export(subject.file('a.db'), 'whole')
  await subject.export(subject.file('a.db'), 'whole.gz')
  const [whole, zipped] = [await readFile(subject.path('whole')), await readFile(subject.path('whole.gz'))]
  const lines = whole.toString().split('\n')
  const damages: Record<string, Uint8Array> = {
    empty: Buffer.alloc(0),
    'without a trailer': Buffer.from(`${lines.slice(0, -2).join('\n')}\n`),
    'without a row': Buffer.from(lines.toSpliced(40, 1).join('\n')),
    'with a changed row': Buffer.from(whole.toString().replace('a boat', 'a goat')),
    'with one more line': Buffer.concat([whole, Buffer.from('[]\n')]),
    'of another program': Buffer.from('{"format":"other"}\n'),
    'of a later format': Buffer.from(whole.toString().replace('"version":1', '"version":2')),
    'no JSON': Buffer.from('hello\n'),
  }
  for (const part of [0.1, 0.5, 0.9, 0.999]) {
    damages[`cut at ${part}`] = whole.subarray(0, Math.floor(whole.length * part))
    damages[`zipped and cut at ${part}`] = zipped.subarray(0, Math.floor(zipped.length * part))
  }
  const postgres = await newPostgres()
  for (const [name, bytes] of Object.entries(damages)) {
    await writeFile(subject.path('damaged'), bytes)
    await assert.rejects(subject.import(subject.file('b.db'), 'damaged'), MoveRefused, name)
    await assert.rejects(subject.import(postgres, 'damaged'), MoveRefused, name)
  }
  assert.equal((await subject.rows(subject.file('b.db')))['tasks']!.length, 0)
  await subject.import(subject.file('b.db'), 'whole.gz')
  await subject.import(postgres, 'whole')
})

test('an import needs an empty database, the same secret and the same schema', async () => {
  await using subject = await MoveSubject.open()
  const clock = new TestClock()
  await fillDatabase(subject.path('a.db'))
  await subject.export(subject.file('a.db'), 'out')
  await assert.rejects(subject.import(subject.file('b.db'), 'out', { secretMarks: ['x'] }), /REELAY_SECRET/)
  await subject.import(subject.file('b.db'), 'out', { secretMarks: ['x', SECRET_MARK] })
  await assert.rejects(subject.import(subject.file('b.db'), 'out'), /in this database already/)
  await assert.rejects(subject.import(subject.file('a.db'), 'out'), /moved elsewhere/)
  const text = await readFile(subject.path('out'), 'utf8')
  await writeFile(subject.path('newer'), text.replace('"migrations":[', '"migrations":["0099-later",'))
  await assert.rejects(subject.import(subject.file('c.db'), 'newer'), /newer version \(Reelay 1\.2\.3\)/)
  await writeFile(subject.path('older'), text.replace('"0001-initial",', ''))
  await assert.rejects(subject.import(subject.file('c.db'), 'older'), /older version/)
  const used = new StoreSubject(clock, await openSqliteStore({ path: subject.path('d.db'), clock }))
  await used.create()
  await used.store.close()
  await assert.rejects(
    subject.import(subject.file('d.db'), 'out'),
    /not empty \(tasks, schedule, task_events\)/,
  )
})

test('a database that a gateway was only started on counts as empty, and its own key goes', async () => {
  await using subject = await MoveSubject.open()
  const clock = new TestClock()
  await fillDatabase(subject.path('a.db'))
  await subject.export(subject.file('a.db'), 'out')
  const started = await openSqliteStore({ path: subject.path('b.db'), clock })
  const key = {
    id: 'key_bootstrap',
    projectId: 'default',
    name: 'b',
    scopes: ['admin'],
    profile: 'comet',
  } as const
  const times = { createdAtMs: 1, lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null }
  await started.createKey({ ...key, ...times }, 'hash')
  await started.close()
  await subject.import(subject.file('b.db'), 'out')
  const store = await openSqliteStore({ path: subject.path('b.db'), clock })
  assert.equal(await store.findKey('hash'), undefined)
  assert.equal((await store.listProjects()).length, 2)
  await store.close()
})

test('a database that is not there is not made by an export', async () => {
  await using subject = await MoveSubject.open()
  await assert.rejects(subject.export(subject.file('none.db'), 'out'), /no database at .*none\.db/)
  assert.equal(existsSync(subject.path('none.db')), false)
})

test('a backup of PostgreSQL is left to its own tools', async () => {
  const { url } = await newPostgres()
  const store = await openPostgres(url)
  await assert.rejects(store.upkeep.backup('/nowhere', new AbortController().signal), (error) => {
    assert.ok(error instanceof BackupUnsupported)
    assert.match(error.message, /pg_dump/)
    return true
  })
  await store.close()
})
