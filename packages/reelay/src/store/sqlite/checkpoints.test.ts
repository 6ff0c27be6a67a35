import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { TestClock } from '../../system/test-clock.ts'
import { Checkpoints } from './checkpoints.ts'
import { openDatabase } from './open-database.ts'

const PAGE_BYTES = 4_096

type Log = { log: number; checkpointed: number }

/** A database file with its log, and a connection that writes. */
class Subject {
  readonly clock = new TestClock()
  readonly database: DatabaseSync
  readonly checkpoints: Checkpoints
  readonly directory: string
  readonly path: string

  constructor(directory: string) {
    this.directory = directory
    this.path = join(directory, 'reelay.db')
    this.database = openDatabase(this.path, false)
    this.database.exec('create table written (bytes blob)')
    this.checkpoints = new Checkpoints(this.path, this.database, this.clock)
  }

  static async open(): Promise<Subject> {
    return new Subject(await mkdtemp(join(tmpdir(), 'reelay-checkpoints-')))
  }

  write(pages: number): void {
    this.database.prepare('insert into written values (zeroblob(?))').run(pages * PAGE_BYTES)
    this.clock.advance(1_000)
    this.checkpoints.wrote()
  }

  log(): Log {
    const { log, checkpointed } = this.database.prepare('pragma wal_checkpoint(noop)').get() ?? {}
    return { log: Number(log), checkpointed: Number(checkpointed) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.checkpoints.close()
    this.database.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

test('a log that has grown is moved to the database file, and begins again', async () => {
  await using s = await Subject.open()
  s.write(1_200)
  await s.checkpoints.close()
  const { log, checkpointed } = s.log()
  assert.deepEqual([log > 1_200, checkpointed], [true, log])
  s.write(1)
  assert.ok(s.log().log < 20)
})

test('a short log stays, and costs no thread', async () => {
  await using s = await Subject.open()
  s.write(500)
  await s.checkpoints.close()
  assert.equal(s.log().checkpointed, 0)
})

test('nothing is lost when it is moved while somebody writes', async () => {
  await using s = await Subject.open()
  for (let index = 0; index < 20; index += 1) s.write(300)
  await s.checkpoints.close()
  assert.ok(s.log().checkpointed > 0)
  const { bytes } = s.database.prepare('select sum(length(bytes)) as bytes from written').get() ?? {}
  assert.equal(bytes, 20 * 300 * PAGE_BYTES)
})

test('a log that is written to without a pause begins again all the same', async () => {
  await using s = await Subject.open()
  s.write(9_000)
  // What comes after the reader's beginning cannot be moved, as what comes while the thread is at work.
  const reader = openDatabase(s.path, true)
  reader.exec('begin; select count(*) from written')
  s.database.prepare('insert into written values (zeroblob(?))').run(100 * PAGE_BYTES)
  await s.checkpoints.idle()
  reader.close()
  const { log, checkpointed } = s.log()
  assert.ok(checkpointed >= 9_000 && checkpointed < log, `${checkpointed} of ${log}`)
  s.write(1)
  s.write(1)
  assert.ok(s.log().log < 20)
})
