import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetentionStore } from '../store/retention-store.ts'
import { silentLog, type Log } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import { Purger, type PurgeDeps } from './purger.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A store in which there is nothing to do, unless a test says otherwise. */
function subject(patch: Partial<RetentionStore> = {}, more: Partial<PurgeDeps> = {}) {
  const clock = new TestClock()
  const said: string[] = []
  const duties: string[] = []
  const retention: RetentionStore = {
    takeDuty: async ({ owner }) => {
      duties.push(owner)
      return true
    },
    expireWithRecords: async () => 0,
    expiredTasks: async () => [],
    recordFilesRemoved: async () => 0,
    purgeableTasks: async () => [],
    purgeTasks: async () => ({ taskIds: [], rows: 0 }),
    purgeLogs: async () => 0,
    ...patch,
  }
  const log: Log = { ...silentLog, warn: (_fields, message) => said.push(message) }
  const purger = new Purger({
    store: { retention },
    files: { removeFolder: async () => {} },
    clock,
    random: () => 0.5,
    log,
    owner: 'w1',
    retention: { filesMs: null, recordsMs: null, logsMs: null },
    checkpoint: async () => {},
    ...more,
  })
  return { purger, clock, said, duties }
}

/** Lets a pass have its pauses. Answers how long it took. */
async function pass({ purger, clock }: ReturnType<typeof subject>): Promise<number> {
  const startMs = clock.nowMs()
  const over = purger.pass().then(() => true)
  const isOver = (): Promise<boolean> => Promise.race([over, clock.untilSleeping().then(() => false)])
  while (!(await isOver())) clock.advance(1_000)
  return clock.nowMs() - startMs
}

test('it looks within a minute, then every few minutes, goes on after a fault, and stops at once', async () => {
  let isAway = true
  let looks = 0
  const s = subject({
    purgeLogs: async () => {
      looks += 1
      if (isAway) throw new Error('away')
      return 0
    },
  })
  s.purger.start()
  await s.clock.untilSleeping()
  s.clock.advance(MINUTE_MS)
  await s.clock.untilSleeping()
  assert.deepEqual([looks, s.said.length], [1, 1])
  isAway = false
  s.clock.advance(5 * MINUTE_MS)
  await s.clock.untilSleeping()
  assert.deepEqual([looks, s.said.length], [2, 1])
  await s.purger.stop()
  assert.equal(s.clock.sleeping, 0)
})

test('a stop does not wait for a storage that does not answer', async () => {
  const asked = Promise.withResolvers<void>()
  const removeFolder = (): Promise<void> => {
    asked.resolve()
    return new Promise(() => {})
  }
  const s = subject({ expiredTasks: async () => ['video_1'] }, { files: { removeFolder } })
  s.purger.start()
  await s.clock.untilSleeping()
  s.clock.advance(MINUTE_MS)
  await asked.promise
  const stopped = s.purger.stop()
  await s.clock.untilSleeping()
  s.clock.advance(2_000)
  await stopped
})

test('it pauses between batches, and an hour has room for so many: the next one goes on', async () => {
  let batches = 0
  const s = subject({
    purgeLogs: async ({ rowsMax }) => {
      batches += 1
      assert.equal(rowsMax, 200)
      return rowsMax
    },
  })
  const tookMs = await pass(s)
  assert.deepEqual([batches, tookMs], [599, 599_000], 'one look for expired files is of the hour too')
  await pass(s)
  assert.equal(batches, 599)
  s.clock.advance(HOUR_MS)
  await pass(s)
  assert.ok(batches > 1_000)
})

test('a process that has not the duty removes nothing, and one that loses it ends its pass', async () => {
  let batches = 0
  const purgeLogs: RetentionStore['purgeLogs'] = async ({ rowsMax }) => {
    batches += 1
    return rowsMax
  }
  await pass(subject({ takeDuty: async () => false, purgeLogs }))
  assert.equal(batches, 0)
  let asked = 0
  await pass(subject({ takeDuty: async () => (asked += 1) < 5, purgeLogs }))
  assert.equal(batches, 3)
})

test('it also asks for the duty when there is nothing to do, so that it keeps it', async () => {
  const s = subject()
  await pass(s)
  assert.deepEqual(s.duties, ['w1', 'w1'])
})

test('a task whose files resist is passed over, and its rows stay', async () => {
  const left = new Set(['stuck', ...Array.from({ length: 120 }, (_, index) => `task_${index}`)])
  const recorded: string[] = []
  const s = subject(
    {
      expiredTasks: async (limit) => [...left].slice(0, limit),
      recordFilesRemoved: async (ids) => {
        for (const id of ids) left.delete(id)
        recorded.push(...ids)
        return ids.length
      },
    },
    {
      files: {
        removeFolder: async (folder) => {
          if (folder.endsWith('stuck')) throw new Error('busy')
        },
      },
    },
  )
  await pass(s)
  assert.deepEqual([recorded.length, [...left], s.said.length], [120, ['stuck'], 1])
})

test('a storage that removes nothing ends the pass soon', async () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `task_${index}`)
  let removals = 0
  const removeFolder = async (): Promise<void> => {
    removals += 1
    throw new Error('read-only')
  }
  const s = subject({ expiredTasks: async (limit) => ids.slice(0, limit) }, { files: { removeFolder } })
  await pass(s)
  assert.equal(removals, 200)
})
