import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import { StoreUnavailable, type Artifact } from '../store/store.ts'
import { silentLog, type Log } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import type { Task } from '../task/task.ts'
import { FileSweeper, type SweepDeps } from './file-sweeper.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const TASKS: ReadonlyMap<string, Task> = new Map(
  (['queued', 'archiving', 'completed', 'failed'] as const).map((state) => [
    state,
    newTask(0, { id: state, state }),
  ]),
)

const row = (storageKey: string): Artifact => ({
  role: 'video',
  index: 0,
  storageKey,
  sha256: '',
  bytes: 1,
  mime: 'video/mp4',
  width: null,
  height: null,
  durationMs: null,
  codec: null,
})

const WINNER = 'videos/completed/1.2.video.0.mp4'

/** Files that were kept so long ago, by key, a page of two at a time. */
function subject(
  ages: Readonly<Record<string, number>>,
  patch: Partial<SweepDeps['files']> = {},
  isMoved = false,
) {
  const clock = new TestClock()
  const kept = new Map(Object.entries(ages))
  const said: string[] = []
  const removed: string[] = []
  const ended: number[] = []
  const files: SweepDeps['files'] = {
    page: async (after) => {
      const keys = [...kept.keys()].toSorted().filter((key) => key > (after ?? ''))
      const page = keys.slice(0, 2)
      return {
        files: page.map((key) => ({ key, modifiedAtMs: clock.nowMs() - (kept.get(key) ?? 0) })),
        next: keys.length > 2 ? (page.at(-1) ?? null) : null,
      }
    },
    endUploads: async (begunBeforeMs) => {
      ended.push(clock.nowMs() - begunBeforeMs)
      return 0
    },
    claim: async () => true,
    remove: async (key) => {
      removed.push(key)
      kept.delete(key)
    },
    ...patch,
  }
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => said.push(message),
    error: (_fields, message) => said.push(message),
  }
  const store: SweepDeps['store'] = {
    loadTask: (id) => {
      if (id === 'broken') throw new Error('an unknown state')
      return TASKS.get(id)
    },
    artifacts: (id) => (id === 'completed' ? [row(WINNER)] : []),
    scheduledAccounts: async () => {
      if (isMoved) throw new StoreUnavailable('relation "schedule" does not exist')
      return []
    },
  }
  const sweeper = new FileSweeper({ files, store, clock, random: () => 0.5, log, ownerIds: ['one'] })
  return { sweeper, clock, removed, kept, said, ended }
}

/** One pass, with the pauses between its pages. */
async function pass({ sweeper, clock }: ReturnType<typeof subject>): Promise<void> {
  const over = sweeper.pass().then(() => true)
  const isOver = (): Promise<boolean> => Promise.race([over, clock.untilSleeping().then(() => false)])
  while (!(await isOver())) clock.advance(2_000)
}

test('only what no commit named is removed, and only when no archive can be at it', async () => {
  const old = 2 * DAY_MS
  const s = subject({
    [WINNER]: old,
    'videos/completed/1.1.video.0.mp4': old,
    'videos/completed/1.3.video.0.mp4': DAY_MS - 60_000,
    'videos/failed/1.1.video.0.mp4': old,
    'videos/archiving/1.1.video.0.mp4': 8 * DAY_MS,
    'inputs/queued/0.png': 8 * DAY_MS,
    'inputs/completed/0.png': old,
    'check/start/abc': old,
    'check/start/def': 0,
  })
  await pass(s)
  assert.deepEqual(s.removed, [
    'check/start/abc',
    'inputs/completed/0.png',
    'videos/completed/1.1.video.0.mp4',
    'videos/failed/1.1.video.0.mp4',
  ])
  assert.deepEqual(s.ended, [DAY_MS])
})

test('files of a task that is not there are kept for longer than any task can live', async () => {
  const s = subject({
    'inputs/nobody/0.png': 9 * DAY_MS + 1,
    'videos/nobody/1.1.video.0.mp4': 9 * DAY_MS + 1,
    'inputs/perhaps/0.png': 8 * DAY_MS,
    'reelay-owner': 90 * DAY_MS,
    'else/nobody/0.png': 90 * DAY_MS,
  })
  await pass(s)
  assert.deepEqual(s.removed, ['inputs/nobody/0.png', 'videos/nobody/1.1.video.0.mp4'])
})

test('in a place of another gateway nothing is touched, and an operator is told', async () => {
  const s = subject({ 'inputs/nobody/0.png': 90 * DAY_MS }, { claim: async () => false })
  await pass(s)
  assert.deepEqual([s.removed, s.ended], [[], []])
  assert.match(s.said.join(), /belongs to another gateway/)
})

test('a task that cannot be read keeps its files, and a file that cannot be removed stops nothing', async () => {
  const s = subject(
    {
      'inputs/broken/0.png': 90 * DAY_MS,
      'inputs/nobody/0.png': 90 * DAY_MS,
      'inputs/noone/0.png': 90 * DAY_MS,
    },
    { remove: (key) => (key.includes('nobody') ? Promise.reject(new Error('busy')) : Promise.resolve()) },
  )
  await pass(s)
  assert.equal(s.said.length, 2)
})

test('it looks within the first hour, then once a day, goes on after a fault, and stops at once', async () => {
  let isAway = true
  const s = subject(
    {},
    {
      claim: async () => {
        if (isAway) throw new Error('away')
        return true
      },
    },
  )
  s.sweeper.start()
  await s.clock.untilSleeping()
  s.clock.advance(HOUR_MS)
  await s.clock.untilSleeping()
  assert.deepEqual([s.said.length, s.ended.length], [1, 0])
  isAway = false
  s.clock.advance(DAY_MS)
  await s.clock.untilSleeping()
  assert.equal(s.ended.length, 1)
  await s.sweeper.stop()
})

test('a stop does not wait for a storage that does not answer', async () => {
  const asked = Promise.withResolvers<void>()
  const s = subject(
    {},
    {
      claim: () => {
        asked.resolve()
        return new Promise(() => {})
      },
    },
  )
  s.sweeper.start()
  await s.clock.untilSleeping()
  s.clock.advance(HOUR_MS)
  await asked.promise
  const stopped = s.sweeper.stop()
  await s.clock.untilSleeping()
  s.clock.advance(2_000)
  await stopped
})

test('a gateway whose database was moved elsewhere removes nothing: it knows none of the newer tasks', async () => {
  const { sweeper, removed, ended } = subject({ 'videos/newer/1.1.video.0.mp4': 30 * DAY_MS }, {}, true)
  await assert.rejects(sweeper.pass(), StoreUnavailable)
  assert.deepEqual([removed, ended], [[], []])
})
