import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/receiver/memory-store.ts'
import type { ReceiverStore } from '../../src/receiver/receiver-store.ts'
import { createSqliteStore } from '../../src/receiver/sqlite-store.ts'
import { latch } from './latch.ts'
import { receiverHarness, type ReceiverHarness } from './receiver-harness.ts'
import { signWebhook } from './sign-webhook.ts'
import { testEventBody, webhookBody } from './webhook-body.ts'

const COMPLETED = 'video.completed video_1'
const CALLBACK = { task_id: 'video_1', status: 'completed' }

type OpenStore = ReceiverStore & { close?(): void }
type StoreKind = { open(): OpenStore; [Symbol.dispose](): void }

/** `open` gives what a process finds that starts after the last one has ended. */
const STORES: readonly (readonly [string, () => StoreKind])[] = [
  [
    'memory',
    () => {
      const store = createMemoryStore()
      return { open: () => store, [Symbol.dispose]: () => {} }
    },
  ],
  [
    'sqlite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'repeated-callback-'))
      return {
        open: () => createSqliteStore(join(folder, 'events.db')),
        [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
      }
    },
  ],
]

type Application = { isBroken: boolean; calls: number; onEvent: () => void }

function application(): Application {
  const self: Application = {
    isBroken: true,
    calls: 0,
    onEvent: () => {
      self.calls += 1
      if (self.isBroken) throw new Error('broken')
    },
  }
  return self
}

async function passHours(harness: ReceiverHarness): Promise<void> {
  for (let n = 0; n < 10; n += 1) {
    harness.clock.advance(600_000)
    await harness.settle()
  }
}

const codes = (harness: ReceiverHarness): string[] => harness.errors.map(({ code }) => code)

for (const [name, kind] of STORES) {
  test(`${name}: a repetition after giving up is shown, once`, async () => {
    using stores = kind()
    const store = stores.open()
    const app = application()
    const harness = receiverHarness({ store, onEvent: app.onEvent })
    await harness.sendSigned()
    await passHours(harness)
    assert.deepEqual([app.calls, codes(harness).at(-1)], [6, 'event_given_up'])
    app.isBroken = false
    assert.equal((await harness.sendSigned()).status, 200)
    await harness.settle()
    assert.deepEqual(harness.shown, [COMPLETED])
    assert.equal(harness.contexts[0]?.attempt, 1)
    assert.deepEqual(await store.unfinished(10), [])
    await harness.sendSigned()
    await harness.receiver.resume()
    await passHours(harness)
    assert.equal(app.calls, 7)
    await harness.receiver.close()
    store.close?.()
  })

  test(`${name}: a repetition after a restart is shown without resume, once`, async () => {
    using stores = kind()
    const before = stores.open()
    const app = application()
    const first = receiverHarness({ store: before, onEvent: app.onEvent })
    await first.sendSigned()
    await first.sendSigned({ taskId: 'video_2' })
    await passHours(first)
    assert.equal(app.calls, 12)
    await first.receiver.close()
    before.close?.()

    const store = stores.open()
    app.isBroken = false
    const second = receiverHarness({ store, before: first, onEvent: app.onEvent })
    await second.sendSigned()
    await second.settle()
    assert.deepEqual(second.shown, [COMPLETED])
    await second.sendSigned()
    await second.receiver.resume()
    await second.settle()
    assert.deepEqual(second.shown, [COMPLETED, 'video.completed video_2'])
    await second.receiver.close()
    store.close?.()
  })

  test(`${name}: an unsigned repetition after giving up is shown, once, also after a restart`, async () => {
    using stores = kind()
    const before = stores.open()
    const app = application()
    const first = receiverHarness({ signed: false, store: before, onEvent: app.onEvent })
    first.setTask('video_1', 'completed')
    first.setTask('video_2', 'completed')
    await first.sendUnsigned(CALLBACK)
    await first.sendUnsigned({ ...CALLBACK, task_id: 'video_2' })
    await passHours(first)
    assert.equal(app.calls, 12)
    app.isBroken = false
    for (let n = 0; n < 2; n += 1) {
      assert.equal((await first.sendUnsigned(CALLBACK)).status, 200)
      await first.settle()
    }
    assert.deepEqual(first.shown, [COMPLETED])
    await first.receiver.close()
    before.close?.()

    const store = stores.open()
    const second = receiverHarness({ signed: false, store, before: first, onEvent: app.onEvent })
    for (let n = 0; n < 2; n += 1) {
      await second.sendUnsigned({ ...CALLBACK, task_id: 'video_2' })
      await second.sendUnsigned(CALLBACK)
      await second.settle()
    }
    assert.deepEqual(second.shown, ['video.completed video_2'])
    assert.deepEqual(await store.unfinished(10), [])
    await second.receiver.close()
    store.close?.()
  })

  test(`${name}: a repetition brings the link that it was sent with`, async () => {
    using stores = kind()
    const store = stores.open()
    const app = application()
    const harness = receiverHarness({ store, onEvent: app.onEvent })
    await harness.sendSigned()
    await passHours(harness)
    app.isBroken = false
    const body = Buffer.from(webhookBody().replaceAll('sig=x', 'sig=fresh'))
    const headers = signWebhook(body, { nowMs: harness.clock.nowMs() })
    await harness.receiver.handle({ method: 'POST', headers, body })
    await harness.settle()
    const [event] = harness.events
    assert.ok(event?.type === 'video.completed')
    assert.match(event.videoUrl ?? '', /sig=fresh$/)
    assert.equal(event.receivedAtMs, harness.clock.nowMs())
    await harness.receiver.close()
    store.close?.()
  })
}

test('a repetition does not wait for the next attempt, and attempts are counted anew', async () => {
  const app = application()
  const harness = receiverHarness({ onEvent: app.onEvent })
  await harness.sendSigned()
  await harness.pass(38_000)
  assert.equal(app.calls, 4)
  await harness.sendSigned()
  await harness.settle()
  assert.equal(app.calls, 5)
  await harness.pass(1_000)
  assert.equal(app.calls, 6)
  assert.ok(!codes(harness).includes('event_given_up'))
  await passHours(harness)
  assert.equal(app.calls, 10)
  assert.equal(codes(harness).filter((code) => code === 'event_given_up').length, 1)
  assert.equal(harness.clock.sleeping, 0)
})

test('an unsigned repetition does not wait for the next attempt, and attempts are counted anew', async () => {
  const app = application()
  const harness = receiverHarness({ signed: false, onEvent: app.onEvent })
  harness.setTask('video_1', 'completed')
  await harness.sendUnsigned(CALLBACK)
  await harness.pass(38_000)
  assert.equal(app.calls, 4)
  await harness.sendUnsigned(CALLBACK)
  await harness.settle()
  assert.equal(app.calls, 5)
  await passHours(harness)
  assert.equal(app.calls, 10)
  assert.equal(codes(harness).filter((code) => code === 'event_given_up').length, 1)
  assert.equal(harness.clock.sleeping, 0)
})

test('a repetition during the last attempt makes that one the first', async () => {
  const gate = latch()
  const attempts: number[] = []
  const harness = receiverHarness({
    onEvent: async (_event, { attempt }) => {
      attempts.push(attempt)
      if (attempts.length === 6) await gate.opened
      if (attempts.length <= 6) throw new Error('broken')
    },
  })
  await harness.sendSigned()
  await harness.pass(158_000)
  assert.equal(attempts.length, 5)
  harness.clock.advance(600_000)
  for (let turn = 0; turn < 50 && attempts.length < 6; turn += 1) await new Promise(setImmediate)
  await harness.sendSigned()
  gate.open()
  await harness.settle()
  assert.equal(codes(harness).includes('event_given_up'), false)
  await harness.pass(1_000)
  assert.deepEqual(harness.shown, [COMPLETED])
  assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 2])
})

test('repetitions at once of a failed event run one at a time and are shown once', async () => {
  let gate: Promise<void> = Promise.resolve()
  let isBroken = true
  let running = 0
  let runningMax = 0
  const harness = receiverHarness({
    onEvent: async () => {
      running += 1
      runningMax = Math.max(runningMax, running)
      await gate
      running -= 1
      if (isBroken) throw new Error('broken')
    },
  })
  await harness.sendSigned({ status: 'in_progress' })
  await harness.sendSigned()
  await harness.settle()
  isBroken = false
  const later = latch()
  gate = later.opened
  for (const status of ['in_progress', 'completed', 'in_progress', 'completed'] as const) {
    assert.equal((await harness.sendSigned({ status })).status, 200)
  }
  later.open()
  await passHours(harness)
  assert.deepEqual(harness.shown, ['video.in_progress video_1', COMPLETED])
  assert.equal(runningMax, 1)
})

test('a test event that failed is shown when it is repeated, once', async () => {
  const app = application()
  const harness = receiverHarness({ onEvent: app.onEvent })
  const body = Buffer.from(testEventBody())
  const send = async (): Promise<void> => {
    const headers = signWebhook(body, { id: 'evt_test1', nowMs: harness.clock.nowMs() })
    await harness.receiver.handle({ method: 'POST', headers, body })
  }
  await send()
  await harness.settle()
  app.isBroken = false
  for (let n = 0; n < 3; n += 1) await send()
  await passHours(harness)
  assert.deepEqual(harness.shown, ['webhook.test evt_test1'])
  assert.equal(app.calls, 2)
})

test('what a repetition starts is given to waitUntil, and resolves when it has been tried', async () => {
  const app = application()
  const kept: Promise<void>[] = []
  const harness = receiverHarness({ onEvent: app.onEvent, waitUntil: (work) => void kept.push(work) })
  await harness.sendSigned()
  await harness.settle()
  app.isBroken = false
  await harness.sendSigned()
  assert.equal(kept.length, 2)
  await kept[1]
  assert.deepEqual(harness.shown, [COMPLETED])
  await harness.sendSigned()
  assert.equal(kept.length, 2)
})

test('repeating the callback of a task that is polled without failure asks nobody', async () => {
  const harness = receiverHarness({ signed: false })
  await harness.sendUnsigned(CALLBACK)
  await harness.settle()
  assert.equal(harness.asked().length, 1)
  for (let n = 0; n < 3; n += 1) {
    harness.clock.advance(1_000)
    await harness.sendUnsigned(CALLBACK)
    await harness.settle()
  }
  assert.equal(harness.asked().length, 1)
  await harness.receiver.close()
})

test('close while a repeated event waits leaves no timer, and the event in the store', async () => {
  const app = application()
  const harness = receiverHarness({ onEvent: app.onEvent })
  await harness.sendSigned()
  await harness.settle()
  await harness.sendSigned()
  await harness.settle()
  assert.equal(app.calls, 2)
  await harness.receiver.close()
  await harness.settle()
  assert.equal(harness.clock.sleeping, 0)
  assert.equal((await harness.store.unfinished(10)).length, 1)
})
