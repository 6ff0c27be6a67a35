import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { spawnStoreChild } from '../../../test/support/spawn-store-child.ts'
import { TestClock } from '../../system/test-clock.ts'
import { DatabaseOwned, takeOwnerLock } from './owner-lock.ts'
import { openSqliteStore } from './sqlite-store.ts'

async function inDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-lock-'))
  try {
    await run(join(directory, 'reelay.db'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const ownedBy = (pid: number) => (error: unknown) =>
  error instanceof DatabaseOwned &&
  error.message.includes(`(process ${pid})`) &&
  error.message.includes('REELAY_DATA_DIR')

test('a second owner in the same process is refused by name, until the first one leaves', async () => {
  await inDirectory(async (path) => {
    const lock = takeOwnerLock(path, { pid: 4711 })
    assert.throws(() => takeOwnerLock(path, { pid: 1 }), ownedBy(4711))
    lock.release()
    takeOwnerLock(path, { pid: 1 }).release()
  })
})

test('an unreadable owner file still refuses, without a name', async () => {
  await inDirectory(async (path) => {
    const lock = takeOwnerLock(path, { pid: 4711 })
    await writeFile(`${path}.owner`, '{')
    assert.throws(() => takeOwnerLock(path, { pid: 1 }), DatabaseOwned)
    lock.release()
  })
})

test('a lock file that is no database is reported as what it is, not as an owner', async () => {
  await inDirectory(async (path) => {
    await writeFile(`${path}.lock`, 'x'.repeat(4_096))
    assert.throws(
      () => takeOwnerLock(path, { pid: 1 }),
      (error) => error instanceof Error && !(error instanceof DatabaseOwned),
    )
  })
})

test('a store has one owner: a second open is refused and harms nothing', async () => {
  await inDirectory(async (path) => {
    const clock = new TestClock()
    const store = await openSqliteStore({ path, clock })
    await assert.rejects(openSqliteStore({ path, clock }), ownedBy(process.pid))
    await store.createProject({ id: 'p', name: 'P', createdAtMs: 1, limits: {} })
    await store.close()
    const again = await openSqliteStore({ path, clock })
    assert.equal((await again.listProjects()).length, 2)
    await again.close()
  })
})

test('another process owns the store until it is killed; nothing has to be cleaned up then', async () => {
  await inDirectory(async (path) => {
    const child = spawnStoreChild(path)
    await child.until(0)
    await assert.rejects(openSqliteStore({ path, clock: new TestClock() }), ownedBy(child.pid))
    await child.kill()
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
  })
})
