import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEED_AFTER_MS } from '../../src/http/take-callback.ts'
import type { Operation } from '../../src/task/verdict.ts'
import { CallbackHarness } from './callback-harness.ts'
import { settle } from '../support/settle.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

test('the URL has a token of the attempt, which is known before the request leaves', async () => {
  await using c = await CallbackHarness.open()
  let known: unknown
  c.provider.onStart = ({ callbackUrl }) => {
    known = c.target(callbackUrl)
  }
  const id = await c.running()
  const { url } = c.provider.job()
  assert.match(url ?? '', /^https:\/\/reelay\.example\/hooks\/scripted\/[\w-]{43}$/)
  const target = { projectId: 'default', taskId: id, attempt: 1, account: 'scripted:eu' }
  assert.deepEqual([known, c.target(url)], [target, target])
})

test('two tasks have two tokens', async () => {
  await using c = await CallbackHarness.open()
  const ids = [await c.running(), await c.running()]
  assert.deepEqual(
    c.provider.jobs.map(({ url }) => c.target(url)?.taskId),
    ids,
  )
})

test('a new attempt has a token of its own, and the old one still leads to the old attempt', async () => {
  await using c = await CallbackHarness.open()
  c.provider.answersLost = 1
  const found: (Operation | 'absent')[] = ['absent']
  c.provider.find = async () => found[0] ?? 'absent'
  const id = await c.running()
  const [first, second] = c.provider.jobs
  assert.notEqual(first?.url, second?.url)
  assert.deepEqual([c.target(first!.url)?.attempt, c.target(second!.url)?.attempt], [1, 2])
  const before = c.harness.task(id)
  await c.call(0, { id: first!.id, hint: 'ended' })
  await c.harness.pass(HEED_AFTER_MS)
  assert.deepEqual(c.harness.task(id), before)
  assert.deepEqual([first!.looksAtMs, second!.looksAtMs], [[], []])
  const last = (await c.harness.store.timeline(id)).at(-1)
  assert.deepEqual([last?.kind, last?.data?.['attempt']], ['callback.received', 1])
})

test('no URL is given where none can be reached, or where the provider takes none', async () => {
  for (const options of [{ base: null }, { traits: {} }]) {
    await using c = await CallbackHarness.open(options)
    if (options.base === undefined) {
      const { callbacks: _none, ...traits } = c.provider.traits
      c.provider.traits = traits
    }
    await c.running()
    assert.equal(c.provider.job().url, null)
  }
})

test('a callback brings the look forward at once', async () => {
  await using c = await CallbackHarness.open()
  const id = await c.running()
  await c.harness.pass(10 * SECOND_MS)
  const atMs = c.nowMs
  c.provider.end()
  await c.call(0, { hint: 'ended' })
  await c.harness.until(() => c.harness.task(id).state !== 'running', 'the end is seen')
  assert.equal(c.nowMs, atMs + HEED_AFTER_MS)
  assert.equal((await c.harness.untilEnded(id)).state, 'completed')
  assert.deepEqual(c.provider.job().looksAtMs, [atMs + HEED_AFTER_MS])
})

test('one that comes before the answer to the submit makes the first look come at once', async () => {
  await using c = await CallbackHarness.open()
  const calls: Promise<void>[] = []
  const start = c.provider.start.bind(c.provider)
  c.provider.start = async (request) => {
    const outcome = await start(request)
    c.provider.end()
    calls.push(c.call(0, { hint: 'ended' }))
    await calls[0]
    return outcome
  }
  const { id, createdAtMs } = await c.create()
  assert.equal((await c.harness.untilEnded(id)).state, 'completed')
  assert.deepEqual(c.provider.job().looksAtMs, [createdAtMs + HEED_AFTER_MS])
})

test('an end that the provider itself does not see is looked for after 1, 2 and 5 s, and never believed', async () => {
  await using c = await CallbackHarness.open()
  const id = await c.running()
  await c.harness.pass(10 * SECOND_MS)
  const atMs = c.nowMs + HEED_AFTER_MS
  await c.call(0, { hint: 'ended', signature: 'good' })
  await c.harness.pass(200 * SECOND_MS)
  const seconds = c.provider.job().looksAtMs.map((lookMs) => (lookMs - atMs) / SECOND_MS)
  assert.deepEqual(seconds.slice(0, 4), [0, 1, 3, 8])
  assert.ok(seconds.length >= 6 && seconds.length <= 8, seconds.join())
  for (const [index, second] of seconds.slice(4).entries())
    assert.ok(second - (seconds[index + 3] ?? 0) >= 40, `the old pace again: ${seconds.join()}`)
  assert.equal(c.harness.task(id).state, 'running')
  await c.call(0, { hint: 'ended', signature: 'good' })
  const againMs = c.nowMs + HEED_AFTER_MS
  await c.harness.pass(9 * SECOND_MS)
  assert.deepEqual(
    c.provider.job().looksAtMs.slice(-4),
    [0, 1, 3, 8].map((second) => againMs + second * SECOND_MS),
  )
  assert.equal(c.harness.task(id).state, 'running')
})

test('news that are no end cause one look', async () => {
  await using c = await CallbackHarness.open()
  await c.running()
  await c.call(0, { hint: 'moved' })
  await c.harness.pass(20 * SECOND_MS)
  assert.equal(c.provider.job().looksAtMs.length, 1)
})

test('a provider that says failed is believed, whatever its callback says', async () => {
  await using c = await CallbackHarness.open()
  const id = await c.running()
  c.provider.end(0, { kind: 'failed', code: 'provider_failed', detail: 'no' })
  await c.call(0, { hint: 'ended', signature: 'good' })
  const task = await c.harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['failed', 'provider_failed'])
})

test('a forged one causes no look', async () => {
  await using c = await CallbackHarness.open()
  const id = await c.running()
  await c.call(0, { id: 'job-0', hint: 'ended', signature: 'bad' })
  await c.harness.pass(20 * SECOND_MS)
  assert.deepEqual(c.provider.job().looksAtMs, [])
  assert.equal(c.harness.task(id).state, 'running')
})

test('a flood causes three looks at once and one a second', async () => {
  await using c = await CallbackHarness.open()
  await c.running()
  const startMs = c.nowMs
  for (let index = 0; index < 200; index += 1) {
    await c.call(0, { id: 'flood', hint: 'moved' })
    await settle()
    c.harness.clock.advance(50)
  }
  await settle()
  const { looksAtMs } = c.provider.job()
  assert.ok(looksAtMs.length <= 13, `${looksAtMs.length} looks`)
  assert.ok(looksAtMs.length >= 11, `only ${looksAtMs.length} looks`)
  assert.ok(looksAtMs.every((lookMs) => lookMs - startMs <= 10 * SECOND_MS))
})

/** A task whose submit lost its answer. */
async function lost(c: CallbackHarness): Promise<string> {
  c.provider.answersLost = 1
  const { id } = await c.create()
  await c.harness.until(() => c.harness.task(id).state === 'unknown', 'its submit is lost')
  return id
}

test('a lost submit is found by the id in a callback, once a look confirms it', async () => {
  await using c = await CallbackHarness.open()
  const id = await lost(c)
  await c.call(0, { id: c.provider.job().id, hint: 'ended' })
  assert.equal(c.harness.task(id).state, 'unknown')
  await c.harness.until(() => c.harness.task(id).state === 'running', 'it is found')
  assert.equal(c.provider.job().looksAtMs.length, 1)
  c.provider.end()
  assert.equal((await c.harness.untilEnded(id)).state, 'completed')
  assert.equal(c.provider.starts.length, 1)
})

test('not by an id that the provider does not know, nor by one of another task', async () => {
  for (const named of ['nobody', 'job-1']) {
    await using c = await CallbackHarness.open()
    const id = await lost(c)
    await c.running()
    await c.call(0, { id: named, hint: 'ended' })
    await c.harness.pass(120 * SECOND_MS)
    assert.equal(c.harness.task(id).state, 'unknown', named)
    const task = await c.harness.untilEnded(id)
    assert.deepEqual([task.state, task.error?.code], ['error', 'submit_outcome_unknown'])
    assert.ok((task.completedAtMs ?? 0) - task.createdAtMs >= HOUR_MS)
    assert.equal(c.provider.starts.length, 2)
  }
})

test('nor by a forged one', async () => {
  await using c = await CallbackHarness.open()
  const id = await lost(c)
  await c.call(0, { id: c.provider.job().id, hint: 'ended', signature: 'bad' })
  await c.harness.pass(120 * SECOND_MS)
  assert.equal(c.harness.task(id).attempt?.operation, null)
  assert.deepEqual(c.provider.job().looksAtMs, [])
  assert.equal((await c.harness.untilEnded(id)).error?.code, 'submit_outcome_unknown')
})

test('an id that came before the answer was lost finds the job, once a look confirms it', async () => {
  await using c = await CallbackHarness.open()
  c.provider.answersLost = 1
  const start = c.provider.start.bind(c.provider)
  c.provider.start = async (request) => {
    try {
      return await start(request)
    } finally {
      await c.call(0, { id: c.provider.job().id, hint: 'moved' })
    }
  }
  const { id, createdAtMs } = await c.create()
  await c.harness.until(() => c.harness.task(id).state === 'running', 'it is found')
  assert.deepEqual(c.provider.job().looksAtMs, [createdAtMs])
  assert.equal(c.provider.starts.length, 1)
})

test('a wrong id that came first does not keep the right one from being found', async () => {
  for (const first of ['forged', 'unsigned'] as const) {
    await using c = await CallbackHarness.open()
    const id = await lost(c)
    await c.call(0, { id: 'of nobody', hint: 'ended', ...(first === 'forged' ? { signature: 'bad' } : {}) })
    await c.call(0, { id: c.provider.job().id, hint: 'ended' })
    await c.harness.pass(20 * SECOND_MS)
    assert.equal(c.harness.task(id).state, 'running', first)
    assert.equal(c.provider.starts.length, 1)
  }
})

test('a job that is unknown at first where it is asked for is found all the same', async () => {
  await using c = await CallbackHarness.open()
  const id = await lost(c)
  c.provider.end(0, { kind: 'gone' })
  await c.call(0, { id: c.provider.job().id, hint: 'moved' })
  await c.harness.pass(40 * SECOND_MS)
  assert.equal(c.harness.task(id).state, 'unknown')
  c.provider.end(0, { kind: 'running' })
  await c.harness.pass(20 * SECOND_MS)
  assert.equal(c.harness.task(id).state, 'running')
})
