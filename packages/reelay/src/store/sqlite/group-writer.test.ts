import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { Announcer } from '../sql/announcer.ts'
import { migrate } from '../sql/migrate.ts'
import type { Tables } from '../sql/schema.ts'
import type { Transaction } from '../sql/transaction.ts'
import { StoreUnavailable, type ChangeKind } from '../store.ts'
import { GroupWriter } from './group-writer.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'

/** A writer on a real file, with a second connection that sees what is committed. */
class Subject {
  readonly changes: [string, ChangeKind][] = []
  readonly directory: string
  readonly db: Kysely<Tables>
  readonly reader: DatabaseSync
  readonly writer: GroupWriter
  commits = 0
  onChange: () => void = () => {}

  constructor(directory: string) {
    this.directory = directory
    const path = join(directory, 'reelay.db')
    const database = new DatabaseSync(path)
    database.exec('pragma journal_mode = wal; pragma foreign_keys = on')
    this.db = new Kysely<Tables>({
      dialect: nodeSqliteDialect(database),
      log: ({ level, query }) => {
        if (level === 'query' && query.sql === 'commit') this.commits += 1
      },
    })
    this.reader = new DatabaseSync(path)
    const announcer = new Announcer()
    announcer.onChange((taskId, kind) => {
      this.changes.push([taskId, kind])
      this.onChange()
    })
    this.writer = new GroupWriter({
      db: this.db,
      nowMs: () => 7,
      announcer,
    })
  }

  static async open(): Promise<Subject> {
    const subject = new Subject(await mkdtemp(join(tmpdir(), 'reelay-writer-')))
    await migrate(subject.db, { bytes: 'blob' })
    subject.commits = 0
    return subject
  }

  /** Adds a project, and says so. */
  add(id: string, then: () => void = () => {}): Promise<string> {
    return this.writer.write(async (transaction) => {
      await insert(transaction, id)
      transaction.changed.set(id, 'moved')
      then()
      return id
    })
  }

  /** Ids that another connection sees now. */
  stored(): readonly string[] {
    const rows = this.reader.prepare("select id from projects where id != 'default' order by id").all()
    return rows.map((row) => String(row['id']))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer.close()
    this.reader.close()
    await this.db.destroy()
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function insert({ db, nowMs }: Transaction, id: string): Promise<void> {
  await db.insertInto('projects').values({ id, name: id, created_at: nowMs }).execute()
}

const statuses = (results: readonly PromiseSettledResult<unknown>[]) => results.map(({ status }) => status)

const isFull = (error: unknown): boolean =>
  error instanceof StoreUnavailable && error.cause instanceof Error && 'errcode' in error.cause

test('concurrent writes share commits, at most 200 to one', async () => {
  await using s = await Subject.open()
  const ids = Array.from({ length: 450 }, (_, index) => `p${1_000 + index}`)
  assert.deepEqual(await Promise.all(ids.map((id) => s.add(id))), ids)
  assert.deepEqual(s.stored(), ids)
  assert.equal(s.commits, 3)
  assert.deepEqual(
    s.changes.map(([id]) => id),
    ids,
  )
})

test('a write that is alone and throws takes back its work, and the next one is stored', async () => {
  await using s = await Subject.open()
  const failing = s.add('a', () => {
    throw new Error('changed my mind')
  })
  await assert.rejects(failing, /changed my mind/)
  assert.deepEqual(s.stored(), [])
  assert.deepEqual(s.changes, [])
  await s.add('b')
  assert.deepEqual(s.stored(), ['b'])
})

test('a write that throws takes back its own work and nobody else’s', async () => {
  await using s = await Subject.open()
  const failing = s.add('b', () => {
    throw new Error('changed my mind')
  })
  const twice = s.writer.write(async (transaction) => {
    await insert(transaction, 'd')
    await insert(transaction, 'd')
  })
  const results = await Promise.allSettled([s.add('a'), failing, s.add('c'), twice, s.add('e')])
  assert.deepEqual(statuses(results), ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  assert.deepEqual(s.stored(), ['a', 'c', 'e'])
  assert.equal(s.commits, 1)
  assert.deepEqual(
    s.changes.map(([id]) => id),
    ['a', 'c', 'e'],
  )
})

test('a commit that fails rejects the whole group, stores nothing of it, and the next group works', async () => {
  await using s = await Subject.open()
  const parent = 'references projects (id) deferrable initially deferred'
  await s.writer.write(({ db }) => sql.raw(`create table child (id text ${parent})`).execute(db))
  const orphan = s.writer.write(({ db }) => sql`insert into child values ('nobody')`.execute(db))
  const results = await Promise.allSettled([s.add('a'), orphan, s.add('b')])
  assert.deepEqual(statuses(results), ['rejected', 'rejected', 'rejected'])
  assert.deepEqual(s.stored(), [])
  assert.deepEqual(s.changes, [])
  await s.add('c')
  assert.deepEqual(s.stored(), ['c'])
})

test('a begin that fails rejects the group without running it', async () => {
  await using s = await Subject.open()
  s.reader.exec('begin immediate')
  let ran = false
  await assert.rejects(
    s.add('a', () => {
      ran = true
    }),
    StoreUnavailable,
  )
  s.reader.exec('rollback')
  assert.equal(ran, false)
  await s.add('b')
  assert.deepEqual(s.stored(), ['b'])
})

test('a full disk is told as such to the whole group, with its cause, and clears up', async () => {
  await using s = await Subject.open()
  await sql`pragma max_page_count = 1`.execute(s.db)
  const big = s.writer.write(({ db }) =>
    db
      .insertInto('projects')
      .values({ id: 'big', name: 'x'.repeat(1_000_000), created_at: 0 })
      .execute(),
  )
  await assert.rejects(big, isFull)
  await sql`pragma max_page_count = 100000`.execute(s.db)
  await s.add('b')
  assert.deepEqual(s.stored(), ['b'])
})

test('only what may be lost with the power does not wait for the disk, however they follow each other', async () => {
  await using s = await Subject.open()
  const levels: unknown[] = []
  const note = async ({ db }: Transaction): Promise<void> => {
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
    levels.push(rows[0]?.synchronous)
  }
  const [normal, full] = [1, 2]
  const rounds = 3
  for (let round = 0; round < rounds; round += 1) {
    await s.writer.writeSoon(note)
    await s.writer.writeSoon(note)
    await Promise.all([s.writer.writeSoon(note), s.writer.write(note)])
    await assert.rejects(
      s.writer.writeSoon(() => {
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    await s.writer.write(note)
  }
  assert.deepEqual(levels, Array.from({ length: rounds }, () => [normal, normal, full, normal, full]).flat())
})

test('who waits for the disk goes before who does not, by one group and no more', async () => {
  await using s = await Subject.open()
  const order: string[] = []
  const run = (name: string) => async (): Promise<void> => {
    order.push(name)
  }
  const soon = s.writer.writeSoon(run('soon'))
  const later = s.writer.write(run('first')).then(() => s.writer.write(run('second')))
  await Promise.all([soon, later])
  assert.deepEqual(order, ['first', 'soon', 'second'])
})

for (const verb of ['write', 'writeSoon'] as const) {
  test(`${verb}: a transaction that could not be ended rejects the next group, and the one after works`, async () => {
    await using s = await Subject.open()
    await s.writer[verb === 'write' ? 'writeSoon' : 'write']((transaction) => insert(transaction, 'a'))
    await sql`begin`.execute(s.db)
    await insert({ db: s.db, nowMs: 7 } as Transaction, 'half done')
    await assert.rejects(
      s.writer[verb]((transaction) => insert(transaction, 'b')),
      StoreUnavailable,
    )
    await s.writer[verb]((transaction) => insert(transaction, 'c'))
    assert.deepEqual(s.stored(), ['a', 'c'])
  })
}

test('what may be lost with the power is seen by others once it is answered', async () => {
  await using s = await Subject.open()
  await s.writer.writeSoon((transaction) => insert(transaction, 'a'))
  assert.deepEqual(s.stored(), ['a'])
})

test('nobody sees what is not committed, and an answered write is committed', async () => {
  await using s = await Subject.open()
  let seenInside: readonly string[] | undefined
  let seenByListener: readonly string[] | undefined
  s.onChange = () => {
    seenByListener = s.stored()
  }
  const writing = s.add('a', () => {
    seenInside = s.stored()
  })
  await writing
  assert.deepEqual(s.stored(), ['a'])
  assert.deepEqual([seenInside, seenByListener], [[], ['a']])
})

test('closing finishes what was queued and refuses what comes later', async () => {
  await using s = await Subject.open()
  const queued = [s.add('a'), s.add('b')]
  await s.writer.close()
  assert.deepEqual(s.stored(), ['a', 'b'])
  await Promise.all(queued)
  await assert.rejects(s.add('c'), /closed/)
})

test('a listener that throws leaves nobody without an answer, and its error is not swallowed', async (t) => {
  await using s = await Subject.open()
  const thrown: unknown[] = []
  const nextTick = process.nextTick.bind(process)
  t.mock.method(process, 'nextTick', (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    nextTick(() => {
      try {
        callback(...values)
      } catch (error) {
        thrown.push(error)
      }
    }),
  )
  s.onChange = () => {
    throw new Error('a bad listener')
  }
  assert.deepEqual(await Promise.all([s.add('a'), s.add('b')]), ['a', 'b'])
  s.onChange = () => {}
  assert.equal(await s.add('c'), 'c')
  assert.deepEqual(thrown.map(String), ['Error: a bad listener', 'Error: a bad listener'])
})
