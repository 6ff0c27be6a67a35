import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { runProgram } from '../../src/cli/program.ts'
import { testIo } from '../../src/cli/test-io.ts'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { StoreSubject } from '../contract/store-subject.ts'

const API_KEY = 'rk_backup_test_key_000000000000000000000000000'
const NEVER = new AbortController().signal

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-backup-'))
  try {
    await run(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function count(path: string, table: string): number {
  const database = new DatabaseSync(path)
  try {
    assert.deepEqual(database.prepare('pragma integrity_check').get(), {
      __proto__: null,
      integrity_check: 'ok',
    })
    return Number(database.prepare(`select count(*) as count from ${table}`).get()?.['count'])
  } finally {
    database.close()
  }
}

/** Long texts make a database of many steps. */
const LONG = { metadata: { text: 'x'.repeat(12_000) } }

test('a copy that is made under writes is whole, is one state of the database, and can be opened', async () => {
  await inDirectory(async (directory) => {
    const clock = new TestClock()
    const s = new StoreSubject(clock, await openSqliteStore({ path: join(directory, 'reelay.db'), clock }))
    await Promise.all(Array.from({ length: 600 }, () => s.create(LONG)))
    const target = join(directory, 'copy.db')
    const done = new AbortController()
    const writing = (async () => {
      let written = 0
      for (; !done.signal.aborted; written += 1) await s.create(LONG)
      return written
    })()
    const bytes = await s.store.upkeep.backup(target, NEVER)
    done.abort()
    const written = await writing
    assert.ok(bytes > 600 * 12_000, `${bytes} bytes`)
    assert.ok(written > 1, 'nothing was written meanwhile')
    await s.store.close()
    const tasks = count(target, 'tasks')
    assert.ok(tasks >= 600 && tasks < 600 + written, `${tasks} tasks, ${written} written meanwhile`)
    for (const table of ['schedule', 'task_events']) assert.equal(count(target, table), tasks)
    assert.deepEqual(
      await readdir(directory).then((names) => names.filter((name) => name.includes('.part'))),
      [],
    )
    const copy = await openSqliteStore({ path: target, clock })
    assert.equal((await copy.projectUsage('default')).inFlight, tasks)
    await copy.close()
  })
})

test('a copy replaces nothing, and one that is ended leaves nothing', async () => {
  await inDirectory(async (directory) => {
    const clock = new TestClock()
    const s = new StoreSubject(clock, await openSqliteStore({ path: join(directory, 'reelay.db'), clock }))
    await Promise.all(Array.from({ length: 600 }, () => s.create(LONG)))
    const copies = join(directory, 'copies')
    await mkdir(copies)
    await writeFile(join(copies, 'mine.db'), 'mine')
    await assert.rejects(s.store.upkeep.backup(join(copies, 'mine.db'), NEVER), /EEXIST/)
    const ended = new AbortController()
    const ending = assert.rejects(s.store.upkeep.backup(join(copies, 'ended.db'), ended.signal), /enough/)
    ended.abort(new Error('enough'))
    await ending
    const closing = assert.rejects(s.store.upkeep.backup(join(copies, 'closed.db'), NEVER), StoreUnavailable)
    await s.store.close()
    await closing
    assert.deepEqual(await readdir(copies), ['mine.db'])
  })
})

test('reelay backup: the running gateway copies its database, under a name of its own or a given one', async () => {
  await inDirectory(async (directory) => {
    const settings = {
      REELAY_DATA_DIR: directory,
      REELAY_API_KEY: API_KEY,
      REELAY_PORT: '0',
      REELAY_BACKUP_DIR: join(directory, 'kept'),
      REELAY_LOG_LEVEL: 'silent',
    }
    const reelay = await createReelay(loadConfig(settings), { log: silentLog })
    try {
      const { url } = await reelay.listen()
      await reelay.start()
      await backUpAll(url, join(directory, 'kept'))
    } finally {
      await reelay.stop()
    }
    assert.equal(count(join(directory, 'kept', 'first.db'), 'api_keys'), 1)
    const restored = { ...settings, REELAY_DATABASE_URL: `sqlite:${join(directory, 'kept', 'first.db')}` }
    const second = await createReelay(loadConfig(restored), { log: silentLog })
    await second.start()
    await second.stop()
  })
})

async function backUpAll(url: string, kept: string): Promise<void> {
  const run = async (...argv: string[]) => {
    const io = testIo({ url, env: { REELAY_API_KEY: API_KEY } })
    return { code: await runProgram(argv, io), out: io.stdout.text, err: io.stderr.text }
  }
  assert.match((await run('backup', 'first.db')).out, /kept\/first\.db {2}\d+ bytes/)
  const again = await run('backup', 'first.db')
  assert.equal(again.code, 2)
  assert.match(again.err, /There is a .*first\.db already/)
  for (const name of ['../up.db', '/etc/x', '.hidden', 'a/b', 'x'.repeat(101)])
    assert.match((await run('backup', name)).err, /plain file name/, name)
  assert.equal((await run('backup')).code, 0)
  const names = await readdir(kept)
  assert.equal(names.length, 2)
  assert.ok(
    names.some((name) => /^reelay-\d{8}T\d{9}Z\.db$/.test(name)),
    names.join(),
  )
  assert.match((await run('doctor')).out, /ok +schema +\d{4}-/)
}
