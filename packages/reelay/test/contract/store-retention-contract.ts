import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenTables } from './store-callback-subject.ts'
import { DAY_MS, RetentionSubject } from './store-retention-subject.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** What is removed because its time is over. */
export function storeRetentionContract(openTables: OpenTables): void {
  const subject = () => RetentionSubject.of(openTables)

  test('retention: a duty is with one process at a time, until it has not been heard of for its time', async () => {
    await using s = await subject()
    const take = (owner: string, name = 'purge') =>
      s.store.retention.takeDuty({ name, owner, leaseMs: MINUTE_MS })
    const first = await Promise.all(['a', 'b', 'c'].map((owner) => take(owner)))
    assert.deepEqual(first.filter(Boolean), [true])
    const holder = ['a', 'b', 'c'][first.indexOf(true)]!
    s.clock.advance(MINUTE_MS - 1)
    assert.deepEqual([await take('z'), await take(holder), await take('z', 'other')], [false, true, true])
    s.clock.advance(MINUTE_MS - 1)
    assert.equal(await take('z'), false)
    s.clock.advance(1)
    assert.deepEqual([await take('z'), await take(holder)], [true, false])
  })

  test('retention: files are found once they have expired, the longest expired first, and only once', async () => {
    await using s = await subject()
    const later = await s.completed(2 * HOUR_MS)
    const sooner = await s.completed(HOUR_MS)
    const never = await s.completed()
    assert.equal((await s.task(sooner.id)).expiresAtMs, s.clock.nowMs() + HOUR_MS)
    s.clock.advance(HOUR_MS - 1)
    assert.deepEqual(await s.store.retention.expiredTasks(10), [])
    assert.equal(await s.store.retention.recordFilesRemoved([sooner.id, later.id, never.id]), 0)
    assert.equal((await s.store.artifacts(sooner.id)).length, 2)
    s.clock.advance(2 * HOUR_MS)
    assert.deepEqual(await s.store.retention.expiredTasks(10), [sooner.id, later.id])
    assert.deepEqual(await s.store.retention.expiredTasks(1), [sooner.id])
    const changed: string[] = []
    s.store.onChange((id) => changed.push(id))
    const told = Promise.all([1, 2, 3].map(() => s.store.retention.recordFilesRemoved([sooner.id, never.id])))
    assert.equal(
      (await told).reduce((sum, count) => sum + count),
      1,
      'several at once tell it once',
    )
    assert.deepEqual([changed, (await s.task(sooner.id)).version], [[sooner.id], sooner.version + 1])
    assert.deepEqual(await s.store.retention.expiredTasks(10), [later.id])
    assert.deepEqual(await s.store.artifacts(sooner.id), [])
    assert.equal((await s.store.artifacts(never.id)).length, 2)
    const events = (await s.store.timeline(sooner.id)).filter(({ kind }) => kind === 'task.files_expired')
    assert.deepEqual(
      events.map(({ data }) => data),
      [{ files: 2, bytes: 200 }],
    )
    assert.equal((await s.task(sooner.id)).state, 'completed')
  })

  test('retention: a task that was deleted before its files expired is not told of them', async () => {
    await using s = await subject()
    const { id } = await s.completed(HOUR_MS)
    await s.store.deleteTask('default', id)
    await s.store.removeArtifacts(id, ['video', 'thumbnail'])
    s.clock.advance(DAY_MS)
    assert.equal(await s.store.retention.recordFilesRemoved([id]), 1)
    assert.equal((await s.kinds(id)).includes('task.files_expired'), false)
    assert.deepEqual(await s.store.retention.expiredTasks(10), [])
  })

  test('retention: what was to be kept for good expires when its record may go, and clients see that', async () => {
    await using s = await subject()
    const old = await s.completed()
    const promised = await s.completed(90 * DAY_MS)
    const failed = await s.failed()
    s.clock.advance(10 * DAY_MS)
    const young = await s.completed()
    const changed: string[] = []
    s.store.onChange((id) => changed.push(id))
    const expire = (limit = 100) => s.store.retention.expireWithRecords({ keptMs: 7 * DAY_MS, limit })
    assert.deepEqual([await expire(), await expire()], [1, 0])
    assert.deepEqual(changed, [old.id])
    const after = await s.task(old.id)
    assert.deepEqual([after.expiresAtMs, after.version], [s.clock.nowMs(), old.version + 1])
    for (const { id } of [promised, failed, young]) {
      assert.equal((await s.task(id)).expiresAtMs, id === promised.id ? promised.expiresAtMs : null)
    }
    // The files of one that was promised to be kept for longer hold its record too.
    assert.deepEqual(await s.purgeable(7 * DAY_MS), [failed.id])
  })

  test('purge: nothing is left of a task in any table', async () => {
    await using s = await subject()
    await s.endpoint('ep')
    const idempotency = { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs: s.clock.nowMs() + DAY_MS }
    const { id } = await s.failed({ callbackUrl: 'https://app.test/hook' })
    for (const claim of await s.take()) await s.write(claim, { state: 'delivered' })
    const kept = await s.completed(null)
    await s.insert({}, { idempotency })
    const callback = { provider: 'p', dedupeKey: 'd', headers: {}, body: Buffer.from('b'), operation: null }
    const target = {
      projectId: 'default',
      taskId: id,
      attempt: 1,
      verdict: 'unsigned',
      hint: 'moved',
    } as const
    await s.store.recordCallback({ ...callback, ...target })
    s.clock.advance(DAY_MS)
    for (const claim of await s.take()) await s.write(claim, { state: 'delivered' })
    assert.ok(Object.keys(await s.rest(id)).length >= 5)
    assert.deepEqual(await s.purgeable(), [id])
    const attempts = await s.count('delivery_attempts')
    assert.deepEqual(await s.purge([id, kept.id]), [id])
    assert.deepEqual(await s.rest(id), {})
    assert.ok((await s.count('delivery_attempts')) < attempts)
    assert.equal(await s.store.loadTask(id), undefined)
    assert.deepEqual(await s.purge([id, 'video_none']), [], 'again, nothing')
    assert.equal((await s.rest(kept.id))['artifacts'], 2)
  })

  test('purge: what is under way, drains, waits for its receiver, has files or ended lately stays whole', async () => {
    await using s = await subject()
    await s.create()
    const running = await s.run('job-r')
    await s.store.commit(s.move(await s.claimOne(), 'running', { dueAtMs: s.clock.nowMs() + 90 * DAY_MS }))
    const { id: draining } = await s.create()
    await s.run('job-d')
    const drains = { dueAtMs: s.clock.nowMs() + 90 * DAY_MS, patch: { completedAtMs: s.clock.nowMs() } }
    await s.step(draining, 'error', drains)
    const waiting = await s.failed({ callbackUrl: 'https://app.test/hook' })
    const filed = await s.completed(90 * DAY_MS)
    s.clock.advance(2 * DAY_MS)
    const young = await s.failed()
    assert.deepEqual(await s.purgeable(), [])
    const ids = [running.id, draining, waiting.id, filed.id, young.id]
    const before = await Promise.all(ids.map((id) => s.rest(id)))
    assert.deepEqual(await s.purge(ids), [])
    assert.deepEqual(await Promise.all(ids.map((id) => s.rest(id))), before)
  })

  test('purge: a task that has to be told of again is kept, and goes once it was', async () => {
    await using s = await subject()
    const { id } = await s.failed({ callbackUrl: 'https://app.test/hook' })
    await s.write(await s.takeOne(), { state: 'exhausted' })
    s.clock.advance(2 * DAY_MS)
    assert.deepEqual(await s.purgeable(), [id])
    const [delivery] = await s.rows()
    const resent = s.store.webhooks.resendDelivery('default', delivery!.id)
    const [sent, purged] = await Promise.all([resent, s.purge([id])])
    if (typeof sent === 'string') {
      assert.deepEqual([sent, purged, await s.rest(id)], ['missing', [id], {}])
      return
    }
    assert.deepEqual([purged, (await s.rest(id))['deliveries']], [[], 1])
    await s.write(await s.takeOne(), { state: 'delivered' })
    assert.deepEqual(await s.purge([id]), [id])
  })

  test('purge: a long record goes in parts, hidden from the first one on', async () => {
    await using s = await subject()
    const { id } = await s.failed()
    for (let event = 0; event < 30; event += 1)
      await s.store.recordLateAnswer(id, 1, { providerTaskId: `late-${event}` })
    s.clock.advance(2 * DAY_MS)
    const first = await s.store.retention.purgeTasks({ taskIds: [id], keptMs: DAY_MS, rowsMax: 10 })
    assert.deepEqual(first, { taskIds: [], rows: 10 })
    assert.equal(await s.store.findTask('default', id), undefined)
    const query = {
      limit: 10,
      order: 'asc',
      after: null,
      states: null,
      runningWaits: null,
      model: null,
    } as const
    assert.deepEqual((await s.store.listTasks({ projectId: 'default', ...query })).tasks, [])
    assert.deepEqual(await s.purgeable(), [id], 'the next process goes on')
    assert.deepEqual(await s.purge([id], { rowsMax: 10 }), [id])
    assert.deepEqual(await s.rest(id), {})
  })

  test('purge: the key of a purged task still finds no video, and makes none', async () => {
    await using s = await subject()
    const idempotency = { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs: s.clock.nowMs() + DAY_MS }
    const task = await s.create({}, { idempotency })
    await s.run('job-k')
    await s.step(task.id, 'failed', { patch: { completedAtMs: s.clock.nowMs() } })
    s.clock.advance(DAY_MS - 1)
    assert.deepEqual(await s.purge([task.id], { keptMs: HOUR_MS }), [task.id])
    assert.equal(await s.store.retention.purgeLogs({ keptMs: null, rowsMax: 200 }), 0)
    const again = await s.insert({}, { idempotency })
    assert.ok(again.kind === 'replayed' && again.task === undefined)
    assert.equal(await s.count('tasks'), 0)
  })

  test('purge: several at once remove a task once, and its job may be adopted again', async () => {
    await using s = await subject()
    const tasks = [await s.failed(), await s.failed(), await s.failed()]
    s.clock.advance(2 * DAY_MS)
    const taskIds = tasks.map(({ id }) => id)
    const purges = [1, 2, 3].map(() =>
      s.store.retention.purgeTasks({ taskIds, keptMs: DAY_MS, rowsMax: 200 }),
    )
    const done = (await Promise.all(purges)).flatMap(({ taskIds: ids }) => ids)
    assert.deepEqual([...new Set(done)], done)
    await s.purge(taskIds)
    assert.equal(await s.count('tasks'), 0)
    assert.equal(await s.count('attempts'), 0)
  })

  test('logs: raw callbacks, attempts of deliveries and tests go after their time, not what may be needed', async () => {
    await using s = await subject()
    const ended = await s.failed({ callbackUrl: 'https://app.test/hook' })
    const { id: open } = await s.create()
    await s.run('job-o')
    const callback = {
      provider: 'p',
      headers: {},
      body: Buffer.from('b'),
      operation: null,
      hint: 'moved',
    } as const
    for (const taskId of [ended.id, open])
      await s.store.recordCallback({
        ...callback,
        projectId: 'default',
        taskId,
        attempt: 1,
        verdict: 'unsigned',
        dedupeKey: taskId,
      })
    const endpoint = await s.endpoint('ep')
    await s.add('test-done', endpoint)
    await s.add('test-waits', endpoint)
    for (const claim of await s.take()) {
      const isDone = claim.delivery.id !== 'test-waits'
      await s.write(
        claim,
        isDone ? { state: 'delivered' } : { state: 'pending', dueAtMs: s.clock.nowMs() + 90 * DAY_MS },
      )
    }
    const attempts = await s.count('delivery_attempts')
    const purge = (rowsMax = 200) => s.store.retention.purgeLogs({ keptMs: 30 * DAY_MS, rowsMax })
    s.clock.advance(30 * DAY_MS - 1)
    assert.equal(await purge(), 0)
    s.clock.advance(1)
    assert.equal(await s.store.retention.purgeLogs({ keptMs: null, rowsMax: 200 }), 0)
    assert.equal(await purge(1), 1, 'as much as one transaction may')
    assert.ok((await purge()) > 0)
    assert.equal(await purge(), 0)
    assert.deepEqual(
      (await s.tableRows('callbacks_in')).map((row) => row['task_id']),
      [open],
    )
    assert.ok(attempts > 1)
    assert.deepEqual(
      (await s.tableRows('delivery_attempts')).map((row) => row['delivery_id']),
      ['test-waits'],
    )
    assert.equal(await s.store.webhooks.findDelivery('default', 'test-done'), undefined)
    assert.equal(await s.state('test-waits'), 'pending')
    // The log of a task's deliveries stays with the task.
    assert.ok((await s.rows()).some(({ taskId }) => taskId === ended.id))
  })

  test('logs: keys and retries of clients go when nobody can use them, whatever is set', async () => {
    await using s = await subject()
    const expiresAtMs = s.clock.nowMs() + DAY_MS
    const replay = { fingerprint: 'f', clientAttempt: 0, joinableSinceMs: 0 }
    await s.create({}, { idempotency: { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs } })
    await s.create({}, { replay })
    const purge = () => s.store.retention.purgeLogs({ keptMs: null, rowsMax: 200 })
    s.clock.advance(DAY_MS - 1)
    assert.equal(await purge(), 0)
    s.clock.advance(1)
    assert.deepEqual([await purge(), await purge()], [2, 0])
  })
}
