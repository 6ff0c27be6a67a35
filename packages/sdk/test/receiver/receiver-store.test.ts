import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/receiver/memory-store.ts'
import type { ReceiverStore, StoredCallback } from '../../src/receiver/receiver-store.ts'
import { createSqliteStore } from '../../src/receiver/sqlite-store.ts'
import { latch } from './latch.ts'
import { receiverHarness } from './receiver-harness.ts'

const callback = (n: number, taskId: string | null = 'video_1'): StoredCallback => ({
  key: `id:${n}`,
  taskId,
  webhookId: String(n),
  body: Uint8Array.from([n, 0, 255]),
  receivedAtMs: 1_790_000_000_000 + n,
})

function temporaryFile(): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-store-'))
  return { path: join(folder, 'events.db'), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

const STORES: readonly (readonly [string, () => ReceiverStore & { close?(): void }])[] = [
  ['memory', () => createMemoryStore()],
  ['sqlite', () => createSqliteStore(':memory:')],
]

for (const [name, create] of STORES) {
  test(`${name}: a callback is added once, kept as it is and finished`, async () => {
    const store = create()
    assert.equal(await store.add(callback(1), Infinity), 'added')
    assert.equal(await store.add(callback(1), Infinity), 'unfinished')
    assert.deepEqual({ ...(await store.callback('id:1')) }, callback(1))
    assert.equal(await store.callback('id:2'), null)
    await store.add(callback(2, null), Infinity)
    assert.deepEqual(
      (await store.unfinished(10)).map((reference) => ({ ...reference })),
      [
        { key: 'id:1', taskId: 'video_1', webhookId: '1' },
        { key: 'id:2', taskId: null, webhookId: '2' },
      ],
    )
    assert.equal((await store.unfinished(1)).length, 1)
    await store.finish('id:1')
    assert.deepEqual(
      (await store.unfinished(10)).map(({ key }) => key),
      ['id:2'],
    )
    assert.equal(await store.add({ ...callback(3), key: 'id:1' }, Infinity), 'finished')
    assert.deepEqual({ ...(await store.callback('id:1')) }, callback(1))
    store.close?.()
  })

  test(`${name}: an unfinished callback takes the newer body and time, and its place by them`, async () => {
    const store = create()
    await store.add(callback(1), Infinity)
    await store.add(callback(2), Infinity)
    const { body, receivedAtMs } = callback(3)
    assert.equal(await store.add({ ...callback(1), body, receivedAtMs }, Infinity), 'unfinished')
    assert.deepEqual({ ...(await store.callback('id:1')) }, { ...callback(1), body, receivedAtMs })
    assert.deepEqual(
      (await store.unfinished(10)).map(({ key }) => key),
      ['id:2', 'id:1'],
    )
    await store.finish('id:1')
    assert.deepEqual(
      (await store.unfinished(10)).map(({ key }) => key),
      ['id:2'],
    )
    store.close?.()
  })

  test(`${name}: callbacks are capped per task, also those without one`, async () => {
    const store = create()
    for (const taskId of ['a', null]) {
      const base = taskId === null ? 10 : 20
      assert.equal(await store.add(callback(base, taskId), 2), 'added')
      assert.equal(await store.add(callback(base + 1, taskId), 2), 'added')
      assert.equal(await store.add(callback(base + 2, taskId), 2), 'full')
      assert.equal(await store.add(callback(base + 1, taskId), 2), 'unfinished')
    }
    store.close?.()
  })

  test(`${name}: tasks are saved, followed and forgotten`, async () => {
    const store = create()
    assert.equal(await store.task('a'), null)
    await store.setFollowed('a', true, 5)
    await store.setFollowed('b', true, 6)
    const record = { taskId: 'a', shown: ['video.queued'], sequence: 1, ended: false, updatedAtMs: 7 }
    await store.saveTask(record)
    assert.deepEqual(await store.task('a'), record)
    assert.deepEqual(await store.followed(10), ['b', 'a'])
    await store.saveTask({ ...record, ended: true })
    await store.setFollowed('b', false, 8)
    assert.deepEqual(await store.followed(10), [])
    await store.add(callback(1), Infinity)
    await store.add(callback(2), Infinity)
    await store.finish('id:1')
    await store.prune(callback(2).receivedAtMs + 1)
    assert.equal(await store.callback('id:1'), null)
    assert.notEqual(await store.callback('id:2'), null)
    assert.equal(await store.task('a'), null)
    store.close?.()
  })
}

test('the memory store lets the oldest finished go, and refuses when nothing is finished', async () => {
  const store = createMemoryStore({ callbacksMax: 2 })
  await store.add(callback(1), Infinity)
  await store.add(callback(2), Infinity)
  assert.throws(() => store.add(callback(3), Infinity), /full/)
  await store.finish('id:1')
  assert.equal(await store.add(callback(3), Infinity), 'added')
  assert.equal(await store.callback('id:1'), null)
})

test('after a restart nothing is shown twice, and what was tracked is polled', async () => {
  using file = temporaryFile()
  const store = createSqliteStore(file.path)
  const first = receiverHarness({ store })
  await first.sendSigned({ status: 'in_progress' })
  await first.sendSigned({ taskId: 'video_2' })
  first.setTask('video_3', 'in_progress')
  await first.receiver.track('video_3')
  await first.settle()
  await first.receiver.close()
  store.close()

  const reopened = createSqliteStore(file.path)
  const second = receiverHarness({ before: first, store: reopened })
  second.setTask('video_3', 'completed')
  await second.receiver.resume()
  assert.deepEqual(second.shown, ['video.completed video_3'])
  await second.sendSigned({ status: 'in_progress' })
  await second.sendSigned({ status: 'queued' })
  await second.sendSigned({ taskId: 'video_2' })
  await second.sendSigned({ taskId: 'video_2', id: 'evt_resent' })
  await second.settle()
  assert.deepEqual(second.shown, ['video.completed video_3'])
  await second.sendSigned()
  await second.settle()
  assert.deepEqual(second.shown, ['video.completed video_3', 'video.completed video_1'])
  await second.receiver.close()
  reopened.close()
})

test('a crash between the answer and onEvent loses nothing', async () => {
  using file = temporaryFile()
  const store = createSqliteStore(file.path)
  const gate = latch()
  // The application never comes back, as in a process that dies in the middle.
  const first = receiverHarness({ store, onEvent: () => gate.opened })
  assert.equal((await first.sendSigned()).status, 200)
  store.close()

  const reopened = createSqliteStore(file.path)
  const second = receiverHarness({ before: first, store: reopened })
  await second.receiver.resume()
  assert.deepEqual(second.shown, ['video.completed video_1'])
  await second.receiver.resume()
  assert.deepEqual(second.shown, ['video.completed video_1'])
  assert.deepEqual(await reopened.unfinished(10), [])
  await second.receiver.close()
  reopened.close()
  gate.open()
  await first.receiver.close()
})

test('a crash between the answer and the confirmation of an unsigned callback loses nothing', async () => {
  using file = temporaryFile()
  const store = createSqliteStore(file.path)
  const first = receiverHarness({ signed: false, store })
  first.tasks.set('k1', { error: { message: 'away' } })
  assert.equal((await first.sendUnsigned({ task_id: 'k1', task_status: 'succeed' })).status, 200)
  await first.settle()
  await first.receiver.close()
  store.close()

  const reopened = createSqliteStore(file.path)
  const second = receiverHarness({ signed: false, before: first, store: reopened })
  second.setTask('k1', 'completed')
  await second.receiver.resume()
  assert.deepEqual(second.shown, ['video.completed k1'])
  assert.deepEqual(JSON.parse(Buffer.from(second.events[0]?.raw ?? []).toString()), {
    task_id: 'k1',
    task_status: 'succeed',
  })
  await second.receiver.close()
  reopened.close()
})

test('a task whose claim was not confirmed is still polled after a restart', async () => {
  const first = receiverHarness({ signed: false })
  first.setTask('k1', 'in_progress')
  await first.sendUnsigned({ task_id: 'k1', task_status: 'succeed' })
  await first.settle()
  await first.receiver.close()
  const second = receiverHarness({ signed: false, before: first })
  await second.receiver.resume()
  second.setTask('k1', 'completed')
  await second.pass(10_000)
  assert.deepEqual(second.shown, ['video.completed k1'])
  await second.receiver.close()
})

test('resume while events are being handled shows none twice', async () => {
  const gate = latch()
  const harness = receiverHarness({ onEvent: () => gate.opened })
  await harness.sendSigned()
  const resumed = harness.receiver.resume()
  gate.open()
  await resumed
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})
