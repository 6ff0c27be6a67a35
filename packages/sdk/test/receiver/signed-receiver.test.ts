import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver } from '../../src/receiver/create-receiver.ts'
import { createMemoryStore } from '../../src/receiver/memory-store.ts'
import { WebhookVerificationError } from '../../src/receiver/webhook-verification-error.ts'
import { latch } from './latch.ts'
import { receiverHarness } from './receiver-harness.ts'
import { OTHER_SECRET, signWebhook } from './sign-webhook.ts'
import { testEventBody, webhookBody } from './webhook-body.ts'

test('a signed event is answered 200 and shown without asking the server', async () => {
  const harness = receiverHarness()
  const response = await harness.sendSigned()
  assert.deepEqual([response.status, response.body], [200, '{"received":true}'])
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.deepEqual(harness.asked(), [])
  assert.equal(harness.contexts[0]?.client, harness.client)
  assert.equal(harness.contexts[0]?.attempt, 1)
  assert.deepEqual(harness.errors, [])
})

test('the answer does not wait for the application, and what it does is given to waitUntil', async () => {
  const gate = latch()
  const kept: Promise<void>[] = []
  const harness = receiverHarness({ onEvent: () => gate.opened, waitUntil: (work) => void kept.push(work) })
  assert.equal((await harness.sendSigned()).status, 200)
  assert.deepEqual(harness.shown, [])
  assert.equal(kept.length, 1)
  gate.open()
  await kept[0]
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('the raw body is in the store before the answer', async () => {
  const gate = latch()
  const harness = receiverHarness({ onEvent: () => gate.opened })
  await harness.sendSigned()
  const stored = await harness.store.callback('id:evt_1_completed')
  assert.equal(Buffer.from(stored?.body ?? []).toString(), webhookBody())
  gate.open()
  await harness.settle()
})

test('bad, missing, old and malformed signatures are refused and never stored', async () => {
  const harness = receiverHarness()
  const nowMs = harness.clock.nowMs()
  const body = Buffer.from(webhookBody())
  const good = signWebhook(body, { nowMs })
  const send = async (headers: Record<string, string>): Promise<number> =>
    (await harness.receiver.handle({ method: 'POST', headers, body })).status
  assert.equal(await send(signWebhook(body, { nowMs, secrets: [OTHER_SECRET] })), 401)
  assert.equal(await send({}), 400)
  assert.equal(await send({ ...good, 'webhook-timestamp': '1790000000abc' }), 400)
  assert.equal(await send(signWebhook(body, { nowMs: nowMs - 301_000 })), 400)
  await harness.settle()
  assert.deepEqual(harness.shown, [])
  assert.deepEqual(await harness.store.unfinished(10), [])
  assert.equal(await send(good), 200)
})

test('over 2 MiB, other methods and compressed bodies are refused', async () => {
  const harness = receiverHarness()
  const handle = async (method: string, bytes: number, headers = {}): Promise<number> =>
    (await harness.receiver.handle({ method, headers, body: new Uint8Array(bytes) })).status
  assert.equal(await handle('POST', 2 * 1024 * 1024 + 1), 413)
  assert.equal(await handle('POST', 2 * 1024 * 1024), 400)
  assert.equal(await handle('GET', 0), 405)
  assert.equal(await handle('POST', 10, { 'Content-Encoding': 'gzip' }), 415)
})

test('a store that fails makes the sender repeat, and the repetition is taken', async () => {
  const store = createMemoryStore()
  let isBroken = true
  const harness = receiverHarness({
    store: {
      ...store,
      add: (callback, callbacksMax) => {
        if (isBroken) throw new Error('disk full')
        return store.add(callback, callbacksMax)
      },
    },
  })
  const refused = await harness.sendSigned()
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '10'])
  assert.equal(harness.errors[0]?.code, 'store_failed')
  isBroken = false
  assert.equal((await harness.sendSigned()).status, 200)
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('five copies at once are shown once', async () => {
  const gate = latch()
  const harness = receiverHarness({ onEvent: () => gate.opened })
  const responses = await Promise.all(Array.from({ length: 5 }, () => harness.sendSigned()))
  assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]))
  gate.open()
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('five events of one type and task under different ids are shown once', async () => {
  const harness = receiverHarness()
  await Promise.all([1, 2, 3, 4, 5].map((n) => harness.sendSigned({ id: `evt_${n}` })))
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('an event that comes after a later one is not shown', async () => {
  const harness = receiverHarness()
  await harness.sendSigned({ status: 'in_progress' })
  await harness.sendSigned({ status: 'queued' })
  await harness.sendSigned({ status: 'completed' })
  await harness.sendSigned({ status: 'failed' })
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.in_progress video_1', 'video.completed video_1'])
  assert.deepEqual(await harness.store.unfinished(10), [])
})

test('events of one task come one at a time, those of others beside them', async () => {
  const gate = latch()
  let running = 0
  let runningMax = 0
  const harness = receiverHarness({
    onEvent: async ({ taskId }) => {
      if (taskId !== 'video_1') return
      running += 1
      runningMax = Math.max(runningMax, running)
      await gate.opened
      running -= 1
    },
  })
  await harness.sendSigned({ status: 'queued' })
  await harness.sendSigned({ status: 'in_progress' })
  await harness.sendSigned({ taskId: 'video_2' })
  for (let turn = 0; turn < 50 && harness.shown.length === 0; turn += 1) await new Promise(setImmediate)
  assert.deepEqual(harness.shown, ['video.completed video_2'])
  gate.open()
  await harness.settle()
  assert.equal(runningMax, 1)
})

test('an application that throws is called again later, and then no more', async () => {
  let failures = 2
  const harness = receiverHarness({
    onEvent: () => {
      failures -= 1
      if (failures >= 0) throw new Error('database away')
    },
  })
  await harness.sendSigned()
  await harness.settle()
  assert.deepEqual(harness.shown, [])
  await harness.pass(1_000 + 5_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.equal(harness.contexts[0]?.attempt, 3)
  assert.deepEqual(
    harness.errors.map(({ code }) => code),
    ['event_failed', 'event_failed'],
  )
})

test('an application that throws every time is reported, and resume takes the event up', async () => {
  let isBroken = true
  let calls = 0
  const harness = receiverHarness({
    onEvent: () => {
      calls += 1
      if (isBroken) throw new Error('broken')
    },
  })
  await harness.sendSigned()
  for (let n = 0; n < 8; n += 1) {
    harness.clock.advance(600_000)
    await harness.settle()
  }
  assert.equal(calls, 6)
  assert.equal(harness.errors.at(-1)?.code, 'event_given_up')
  assert.equal((await harness.store.unfinished(10)).length, 1)
  isBroken = false
  await harness.receiver.resume()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.deepEqual(await harness.store.unfinished(10), [])
})

test('a store that fails after the application handled the event does not show it again', async () => {
  const store = createMemoryStore()
  let failures = 1
  const harness = receiverHarness({
    store: {
      ...store,
      saveTask: (record) => {
        failures -= 1
        if (failures >= 0) throw new Error('locked')
        return store.saveTask(record)
      },
    },
  })
  await harness.sendSigned()
  await harness.settle()
  await harness.pass(1_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.deepEqual(await store.unfinished(10), [])
})

test('a completed event without a link gets it from the server, and is shown without when that fails', async () => {
  const harness = receiverHarness()
  harness.setTask('video_1', 'completed', { video_url: 'https://files.test/1.mp4' })
  await harness.sendSigned({ payload: 'thin' })
  await harness.sendSigned({ payload: 'thin', taskId: 'video_2' })
  await harness.settle()
  await harness.pass(6_000)
  const [first, second] = harness.events
  assert.ok(first?.type === 'video.completed' && second?.type === 'video.completed')
  assert.deepEqual([first.videoUrl, first.signed, first.confirmed], ['https://files.test/1.mp4', true, true])
  assert.deepEqual([second.videoUrl, second.signed, second.confirmed], [null, true, false])
})

test("confirm 'always' asks the server about signed events, too", async () => {
  const harness = receiverHarness({ confirm: 'always' })
  harness.setTask('video_1', 'in_progress')
  await harness.sendSigned()
  await harness.settle()
  assert.deepEqual(harness.shown, [])
  harness.setTask('video_1', 'completed', { video_url: 'https://files.test/1.mp4' })
  await harness.pass(6_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
  assert.equal(harness.events[0]?.confirmed, true)
  assert.throws(() => receiverHarness({ confirm: 'always', withClient: false }), /pass client/)
})

test('a test event is shown once', async () => {
  const harness = receiverHarness()
  const body = Buffer.from(testEventBody())
  const headers = signWebhook(body, { id: 'evt_test1', nowMs: harness.clock.nowMs() })
  for (let n = 0; n < 2; n += 1) {
    await harness.receiver.handle({ method: 'POST', headers, body })
    await harness.settle()
  }
  assert.deepEqual(harness.shown, ['webhook.test evt_test1'])
})

test('a test event that is being handled is not taken up by resume', async () => {
  const gate = latch()
  const harness = receiverHarness({ onEvent: () => gate.opened })
  const body = Buffer.from(testEventBody())
  const headers = signWebhook(body, { id: 'evt_test1', nowMs: harness.clock.nowMs() })
  await harness.receiver.handle({ method: 'POST', headers, body })
  const resumed = harness.receiver.resume()
  gate.open()
  await resumed
  await harness.settle()
  assert.deepEqual(harness.shown, ['webhook.test evt_test1'])
})

test('a signed event of a later version is acknowledged, stored and reported', async () => {
  const harness = receiverHarness()
  const body = Buffer.from('{"type":"video.sneezed","task_id":"video_1"}')
  const headers = signWebhook(body, { nowMs: harness.clock.nowMs() })
  assert.equal((await harness.receiver.handle({ method: 'POST', headers, body })).status, 200)
  await harness.settle()
  assert.deepEqual(harness.shown, [])
  assert.deepEqual(
    harness.errors.map(({ code }) => code),
    ['unknown_event'],
  )
})

test('close waits for the application, then refuses', async () => {
  const gate = latch()
  const harness = receiverHarness({ onEvent: () => gate.opened })
  await harness.sendSigned()
  const closed = harness.receiver.close()
  assert.equal((await harness.sendSigned({ taskId: 'video_2' })).status, 503)
  gate.open()
  await closed
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('a wrong secret is told at once', () => {
  assert.throws(
    () => createReceiver({ secret: 'whsec_short', onEvent: () => {} }),
    (error) => error instanceof WebhookVerificationError && error.code === 'invalid_secret',
  )
  assert.throws(() => createReceiver({ onEvent: () => {} }), /pass client/)
})

test('a reporter that throws stops nothing', async () => {
  let failures = 1
  const harness = receiverHarness({
    onEvent: () => {
      failures -= 1
      if (failures >= 0) throw new Error('once')
    },
    onError: () => {
      throw new Error('reporter')
    },
  })
  await harness.sendSigned()
  await harness.settle()
  await harness.pass(1_000)
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})
