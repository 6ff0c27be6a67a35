import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/receiver/memory-store.ts'
import { readCallback } from '../../src/receiver/read-callback.ts'
import type { ReceiverStore } from '../../src/receiver/receiver-store.ts'
import { receiverHarness } from './receiver-harness.ts'

const SEED_CALLBACK = {
  task_id: 'task_example',
  status: 'completed',
  progress: 100,
  result: { video_url: 'https://evil.test/result.mp4' },
}

test('an unsigned callback is shown as the server tells it, not as it says', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('task_example', 'completed', { video_url: 'https://files.test/1.mp4' })
  assert.equal((await harness.sendUnsigned(SEED_CALLBACK)).status, 200)
  await harness.settle()
  const [event] = harness.events
  assert.ok(event?.type === 'video.completed')
  assert.equal(event.videoUrl, 'https://files.test/1.mp4')
  assert.deepEqual([event.signed, event.confirmed, event.id], [false, true, 'evt_task_example_completed'])
  assert.deepEqual(JSON.parse(Buffer.from(event.raw).toString()), SEED_CALLBACK)
})

test('a forged success is no event, until the server says so', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('task_example', 'in_progress')
  assert.equal((await harness.sendUnsigned(SEED_CALLBACK)).status, 200)
  await harness.pass(60_000)
  assert.deepEqual(harness.shown, [])
  assert.equal(harness.errors[0]?.code, 'claim_not_confirmed')
  const looks = harness.asked().length
  assert.ok(looks >= 4 && looks <= 6, `${looks} looks in a minute`)
  harness.setTask('task_example', 'failed', { error: { code: 'nsfw', message: 'Refused' } })
  await harness.pass(60_000)
  assert.deepEqual(harness.shown, ['video.failed task_example'])
})

test('a forged success of a task that nobody knows is dropped after a while', async () => {
  const harness = receiverHarness({ signed: false })
  await harness.sendUnsigned(SEED_CALLBACK)
  await harness.pass(120_000)
  assert.deepEqual(harness.shown, [])
  assert.equal(harness.asked().length, 5)
  assert.deepEqual(
    harness.errors.map(({ code }) => code),
    ['task_not_found'],
  )
  assert.deepEqual(await harness.store.unfinished(10), [])
  assert.deepEqual(await harness.store.followed(10), [])
})

test('a task that the server learns of late is not dropped', async () => {
  const harness = receiverHarness({ signed: false })
  await harness.sendUnsigned(SEED_CALLBACK)
  await harness.pass(8_000)
  harness.setTask('task_example', 'completed')
  await harness.pass(30_000)
  assert.deepEqual(harness.shown, ['video.completed task_example'])
})

test('the same unsigned body again asks nobody and shows nothing', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('task_example', 'completed')
  const responses = await Promise.all(Array.from({ length: 5 }, () => harness.sendUnsigned(SEED_CALLBACK)))
  assert.ok(responses.every(({ status }) => status === 200))
  await harness.settle()
  await harness.sendUnsigned({ ...SEED_CALLBACK, progress: 99 })
  await harness.pass(60_000)
  assert.deepEqual(harness.shown, ['video.completed task_example'])
  assert.equal(harness.asked().length, 1)
})

test('callbacks of a running task show its progress once per state', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('k1', 'in_progress', { progress: 10 })
  await harness.sendUnsigned({ task_id: 'k1', task_status: 'submitted' })
  await harness.settle()
  await harness.sendUnsigned({ task_id: 'k1', task_status: 'processing' })
  await harness.pass(2_000)
  assert.deepEqual(harness.shown, ['video.in_progress k1'])
  const looks = harness.asked().length
  await harness.sendUnsigned({ task_id: 'k1', task_status: 'processing' })
  await harness.pass(1_000)
  assert.equal(harness.asked().length, looks)
  harness.setTask('k1', 'completed')
  await harness.sendUnsigned({ task_id: 'k1', task_status: 'succeed' })
  await harness.pass(2_000)
  assert.deepEqual(harness.shown, ['video.in_progress k1', 'video.completed k1'])
})

test('a hundred different callbacks for one task cause few looks and are kept up to 50', async () => {
  const memory = createMemoryStore()
  const added: string[] = []
  const store: ReceiverStore = {
    ...memory,
    add: async (callback, callbacksMax) => {
      const result = await memory.add(callback, callbacksMax)
      added.push(result)
      return result
    },
  }
  const harness = receiverHarness({ signed: false, store })
  harness.setTask('task_example', 'in_progress')
  for (let n = 0; n < 100; n += 1) {
    assert.equal((await harness.sendUnsigned({ ...SEED_CALLBACK, n })).status, 200)
  }
  assert.equal(added.filter((result) => result === 'added').length, 50)
  await harness.pass(3_000)
  assert.ok(harness.asked().length <= 4, `${harness.asked().length} looks`)
  harness.setTask('task_example', 'completed')
  await harness.pass(30_000)
  assert.deepEqual(harness.shown, ['video.completed task_example'])
  assert.deepEqual(await harness.store.unfinished(100), [])
})

test('callbacks that name no task are kept and reported', async () => {
  const harness = receiverHarness({ signed: false })
  for (const body of ['not json', '[]', '{"status":"completed"}', '{"task_id":"with space"}', '']) {
    assert.equal((await harness.sendUnsigned(body)).status, 200)
  }
  await harness.settle()
  assert.deepEqual(harness.asked(), [])
  assert.equal(harness.errors.length, 5)
  const key = harness.errors[0]?.callbackKey ?? ''
  assert.equal(Buffer.from((await harness.store.callback(key))?.body ?? []).toString(), 'not json')
  assert.deepEqual(await harness.store.unfinished(10), [])
})

test('a lost callback: a tracked task is polled to its end', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('video_1', 'queued')
  await harness.receiver.track('video_1')
  await harness.receiver.track('video_1')
  await harness.pass(29_000)
  assert.deepEqual(harness.asked(), [])
  await harness.pass(31_000)
  assert.deepEqual(harness.shown, [])
  harness.setTask('video_1', 'completed')
  await harness.pass(60_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  const [event] = harness.events
  assert.equal(event?.confirmed, true)
  assert.equal(JSON.parse(Buffer.from(event?.raw ?? []).toString()).id, 'video_1')
  const looks = harness.asked().length
  await harness.pass(600_000)
  assert.equal(harness.asked().length, looks)
})

test('a tracked task whose event arrives is polled no more', async () => {
  const harness = receiverHarness()
  harness.setTask('video_1', 'completed')
  await harness.receiver.track('video_1')
  await harness.sendSigned()
  await harness.settle()
  assert.equal(harness.clock.sleeping, 0)
  await harness.pass(600_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.deepEqual(harness.asked(), [])
  await harness.receiver.track('video_1')
  await harness.pass(60_000)
  assert.deepEqual(harness.asked(), [])
})

test('an outage while polling is told once and survived', async () => {
  const harness = receiverHarness({ signed: false })
  harness.tasks.set('video_1', { error: { message: 'Broken' } })
  await harness.receiver.track('video_1')
  await harness.pass(120_000)
  assert.deepEqual(
    harness.errors.map(({ code }) => code),
    ['poll_failed'],
  )
  harness.setTask('video_1', 'completed')
  await harness.pass(120_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('a task that never ends is given up and left to resume', async () => {
  const harness = receiverHarness({ signed: false, polling: { firstMs: 1_000, giveUpMs: 60_000 } })
  harness.setTask('video_1', 'in_progress')
  await harness.receiver.track('video_1')
  await harness.pass(120_000)
  assert.equal(harness.errors.at(-1)?.code, 'poll_given_up')
  assert.equal(harness.clock.sleeping, 0)
  harness.setTask('video_1', 'completed')
  await harness.receiver.resume()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('an application that throws at a polled event is called again, bounded', async () => {
  let calls = 0
  const harness = receiverHarness({
    signed: false,
    onEvent: () => {
      calls += 1
      throw new Error('broken')
    },
  })
  harness.setTask('task_example', 'completed')
  await harness.sendUnsigned(SEED_CALLBACK)
  await harness.settle()
  for (let n = 0; n < 10; n += 1) {
    harness.clock.advance(600_000)
    await harness.settle()
  }
  assert.equal(calls, 6)
  assert.equal(harness.errors.at(-1)?.code, 'event_given_up')
  assert.equal((await harness.store.unfinished(10)).length, 1)
})

test("confirm 'never' believes what is claimed, and says that it did", async () => {
  const harness = receiverHarness({ signed: false, withClient: false, confirm: 'never' })
  await harness.sendUnsigned(SEED_CALLBACK)
  await harness.settle()
  const [event] = harness.events
  assert.ok(event?.type === 'video.completed')
  assert.equal(event.videoUrl, 'https://evil.test/result.mp4')
  assert.deepEqual([event.signed, event.confirmed], [false, false])
})

test('close stops polling and leaves no timer', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('video_1', 'in_progress')
  await harness.receiver.track('video_1')
  await harness.pass(40_000)
  await harness.receiver.close()
  await harness.settle()
  assert.equal(harness.clock.sleeping, 0)
  await assert.rejects(harness.receiver.track('video_2'), /closed/)
})

const read = (body: unknown): unknown[] => {
  const { taskId, status } = readCallback(Buffer.from(JSON.stringify(body)))
  return [taskId, status]
}

test('task and status are found where providers put them', () => {
  assert.deepEqual(read({ task_id: 't', status: 'completed' }), ['t', 'completed'])
  assert.deepEqual(read({ id: 't', state: 'completed' }), ['t', 'completed'])
  assert.deepEqual(read({ id: 'evt_1', data: { task_id: 't', status: 'SUCCESS' } }), ['t', 'completed'])
  assert.deepEqual(read({ id: 'evt_1', data: { id: 't' } }), ['t', null])
  assert.deepEqual(read({ request_id: 'r', output: { task_id: 't', task_status: 'FAILED' } }), [
    't',
    'failed',
  ])
  assert.deepEqual(read({ request_id: 'r', status: 'OK' }), ['r', 'in_progress'])
  assert.deepEqual(read({ task_id: 42, status: 'running' }), ['42', 'in_progress'])
  assert.deepEqual(read({ task_id: 'x'.repeat(201) }), [null, null])
  const kling = {
    task_id: 't',
    task_status: 'succeed',
    task_result: { videos: [{ url: 'https://a.test/v' }] },
  }
  assert.equal(readCallback(Buffer.from(JSON.stringify(kling))).videoUrl, 'https://a.test/v')
})
