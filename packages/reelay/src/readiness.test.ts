import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDiskFiles } from './files/disk-files.ts'
import { StorageUnavailable, type Files } from './files/files.ts'
import { createReadiness } from './readiness.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { TestClock } from './system/test-clock.ts'

async function open(
  check: () => Promise<void>,
  unavailable = () => Promise.resolve<string | undefined>(undefined),
) {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-ready-'))
  const clock = new TestClock()
  const store = await openSqliteStore({ path: join(directory, 'reelay.db'), clock })
  const files: Files = Object.assign(await openDiskFiles(join(directory, 'files')), { check })
  const readiness = createReadiness({
    store,
    files,
    media: { unavailable },
    clock,
    providers: new Map(),
    version: '1',
  })
  return {
    clock,
    storage: async () => {
      const { ready, detail } = await readiness()
      assert.equal(ready, true)
      return detail['storage']
    },
    media: async () => (await readiness()).detail['media'],
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

test('a storage that is away is told, is looked at twice a minute, and keeps no gateway from being ready', async () => {
  let looks = 0
  let isAway = true
  await using s = await open(async () => {
    looks += 1
    if (isAway) throw new StorageUnavailable('make the bucket')
  })
  assert.deepEqual(await Promise.all([s.storage(), s.storage()]), ['make the bucket', 'make the bucket'])
  isAway = false
  assert.equal(await s.storage(), 'make the bucket')
  assert.equal(looks, 1)
  s.clock.advance(30_000)
  assert.deepEqual([await s.storage(), looks], ['ok', 2])
})

test('a storage that never answers keeps nobody waiting', async () => {
  await using s = await open(() => new Promise(() => {}))
  const asked = s.storage()
  await s.clock.untilSleeping()
  s.clock.advance(2_000)
  assert.equal(await asked, 'the storage does not answer')
})

test('missing media packages are told, and keep no gateway from being ready', async () => {
  const answers: (string | Error)[] = ['install node-av', new Error('no process')]
  await using s = await open(
    () => Promise.resolve(),
    async () => {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer
    },
  )
  assert.equal(await s.media(), 'install node-av')
  assert.equal(await s.media(), 'not known: no process')
  assert.equal(await s.media(), 'ok')
})

test('packages that take long to try keep nobody waiting', async () => {
  await using s = await open(
    () => Promise.resolve(),
    () => new Promise(() => {}),
  )
  const asked = s.media()
  await s.clock.untilSleeping()
  s.clock.advance(2_000)
  assert.equal(await asked, 'not known yet: the packages are being tried')
})
