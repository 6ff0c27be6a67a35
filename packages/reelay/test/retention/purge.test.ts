import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Checkpoint } from '../../src/engine/context.ts'
import { DAY_MS, HOUR_MS, KEPT, KeptGateway } from './kept-gateway.ts'

const WHOLE = { files: 2, rows: 2 }
const GONE = { files: 0, rows: 0 }

const killedAt = (point: Checkpoint) => (reached: Checkpoint) =>
  reached === point ? Promise.reject(new Error('killed')) : Promise.resolve()

test('a video goes when its time is over, its record a while later, and nothing else', async () => {
  await using g = await KeptGateway.open()
  const task = await g.completed(7 * DAY_MS)
  const longer = await g.completed(90 * DAY_MS)
  const { id: open } = await g.subject.create()
  await g.subject.run('job-open')
  g.clock.advance(7 * DAY_MS)
  await g.purge()
  assert.deepEqual(await g.filesOf(task), WHOLE, 'answers that began before are let end')
  g.clock.advance(5_000)
  await g.purge()
  assert.deepEqual([await g.filesOf(task), await g.filesOf(longer)], [GONE, WHOLE])
  assert.equal((await g.subject.kinds(task.id)).at(-1), 'task.files_expired')
  g.clock.advance(23 * DAY_MS)
  await g.purge()
  assert.deepEqual(await g.subject.rest(task.id), {})
  assert.deepEqual(await g.filesOf(longer), WHOLE)
  assert.equal((await g.subject.task(open)).state, 'running')
})

test('what is kept for good is kept, whatever else is removed', async () => {
  await using g = await KeptGateway.open()
  const task = await g.completed(null)
  g.clock.advance(3_000 * DAY_MS)
  await g.purge({ retention: { filesMs: null, recordsMs: null, logsMs: DAY_MS } })
  assert.deepEqual(await g.filesOf(task), WHOLE)
  assert.ok(await g.subject.store.loadTask(task.id))
})

test('a limit for records that comes later also ends videos of before: first the link, then file and record', async () => {
  await using g = await KeptGateway.open()
  const task = await g.completed(null)
  g.clock.advance(40 * DAY_MS)
  const points: Checkpoint[] = []
  const seen: (number | null)[] = []
  const checkpoint = async (point: Checkpoint, id: string): Promise<void> => {
    points.push(point)
    seen.push((await g.subject.task(id)).expiresAtMs)
  }
  await g.purge({ checkpoint })
  assert.deepEqual(points, [], 'it has only just expired')
  assert.equal((await g.subject.task(task.id)).expiresAtMs, g.clock.nowMs())
  assert.deepEqual(await g.filesOf(task), WHOLE)
  g.clock.advance(5_000)
  await g.purge({ checkpoint })
  assert.deepEqual(points, ['purge.expired', 'purge.ended'])
  assert.ok(seen.every((expiresAtMs) => expiresAtMs !== null))
  assert.deepEqual([await g.filesOf(task), await g.subject.rest(task.id)], [GONE, {}])
})

test('killed after the files went, before their rows: the next process ends it, and tells it once', async () => {
  await using g = await KeptGateway.open()
  const task = await g.completed(HOUR_MS)
  g.clock.advance(2 * HOUR_MS)
  await assert.rejects(g.purge({ checkpoint: killedAt('purge.expired') }), /killed/)
  assert.deepEqual(
    await g.filesOf(task),
    { files: 0, rows: 2 },
    'a row without a file, not the other way round',
  )
  await g.reboot()
  g.clock.advance(HOUR_MS)
  await g.purge({ owner: 'w2' })
  assert.deepEqual(await g.filesOf(task), GONE)
  await g.purge({ owner: 'w2' })
  const told = (await g.subject.kinds(task.id)).filter((kind) => kind === 'task.files_expired')
  assert.equal(told.length, 1)
})

test('killed before a record went, or with half of it gone: the next process ends it', async () => {
  await using g = await KeptGateway.open()
  const { id } = await g.subject.failed()
  const long = await g.subject.failed()
  for (let event = 0; event < 450; event += 1)
    await g.subject.store.recordLateAnswer(long.id, 1, { providerTaskId: `late-${event}` })
  g.clock.advance(31 * DAY_MS)
  await assert.rejects(g.purge({ checkpoint: killedAt('purge.ended') }), /killed/)
  assert.ok(await g.subject.store.loadTask(id))
  await g.reboot()
  g.clock.advance(HOUR_MS)
  let passes = 0
  const second = killedAt('purge.ended')
  const checkpoint = (point: Checkpoint): Promise<void> =>
    (passes += 1) === 2 ? second(point) : Promise.resolve()
  await assert.rejects(g.purge({ owner: 'w2', checkpoint }), /killed/)
  assert.equal(await g.subject.store.loadTask(id), undefined)
  assert.ok(((await g.subject.rest(long.id))['task_events'] ?? 0) > 200, 'much of it is still there')
  assert.equal(await g.subject.store.findTask('default', long.id), undefined, 'but nobody sees it')
  await g.reboot()
  g.clock.advance(HOUR_MS)
  await g.purge({ owner: 'w3' })
  assert.deepEqual(await g.subject.rest(long.id), {})
})

test('of several processes one does it; when that one is gone another takes over', async () => {
  await using g = await KeptGateway.open()
  await g.purge({ owner: 'one' })
  const task = await g.completed(HOUR_MS)
  g.clock.advance(10 * 60_000)
  await g.purge({ owner: 'one' })
  const late = await g.completed(0)
  g.clock.advance(10_000)
  await g.purge({ owner: 'two' })
  assert.deepEqual(await g.filesOf(late), WHOLE)
  g.clock.advance(15 * 60_000)
  await g.purge({ owner: 'two' })
  assert.deepEqual([await g.filesOf(late), await g.filesOf(task)], [GONE, WHOLE])
})

test('one that was cut off for longer than its duty lasts does no harm to the one that took it over', async () => {
  await using g = await KeptGateway.open()
  const task = await g.completed(HOUR_MS)
  g.clock.advance(2 * HOUR_MS)
  const reached = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const checkpoint = async (): Promise<void> => {
    reached.resolve()
    await held.promise
  }
  const slow = g.purger({ checkpoint }).pass()
  await reached.promise
  g.clock.advance(15 * 60_000)
  await g.purge({ owner: 'other' })
  assert.deepEqual(await g.filesOf(task), GONE)
  held.resolve()
  await slow
  const told = (await g.subject.kinds(task.id)).filter((kind) => kind === 'task.files_expired')
  assert.equal(told.length, 1)
})

test('a task whose job is watched for its slot, or whose webhook is due, keeps its record', async () => {
  await using g = await KeptGateway.open()
  const waiting = await g.subject.failed({ callbackUrl: 'https://app.test/hook' })
  const { id: draining } = await g.subject.create()
  await g.subject.run('job-d')
  const drains = { dueAtMs: g.clock.nowMs() + 99 * DAY_MS, patch: { completedAtMs: g.clock.nowMs() } }
  await g.subject.step(draining, 'error', drains)
  g.clock.advance(40 * DAY_MS)
  await g.purge({ retention: { ...KEPT, recordsMs: DAY_MS } })
  assert.ok((await g.subject.rest(waiting.id))['deliveries'])
  assert.ok((await g.subject.rest(draining))['schedule'])
})
