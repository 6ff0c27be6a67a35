import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Slots } from '../../src/engine/slots.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { Harness } from './harness.ts'
import { deadLink, done, ScriptedProvider } from './scripted-provider.ts'
import { atOnce } from '../support/at-once.ts'

const VIDEO = new TextEncoder().encode('video bytes')
const HOUR_MS = 3_600_000
const running: Verdict = { kind: 'running', progress: 10 }

function scripted(script: Partial<ScriptedProvider> = {}): ScriptedProvider {
  return Object.assign(new ScriptedProvider(), { probeScript: [running, done], openScript: [VIDEO] }, script)
}

const INPUT = { role: 'reference', mime: 'image/png', bytes: 3, sha256: 'x' } as const

test('a task whose account is gone is served by the next candidate of its plan', async () => {
  const other = scripted()
  await using harness = await Harness.open({ other })
  const candidates = [
    { account: 'gone', model: 'm' },
    { account: 'other', model: 'm' },
  ]
  const { id } = await harness.create({ candidates })
  // Its account had no loop when the engine started: a start finds those of stored tasks.
  await harness.shutdown()
  await harness.boot()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(other.starts.length, 1)
})

test('a task that fell back to an account that is not configured ends at its deadline', async () => {
  const broke = scripted({ startScript: [{ kind: 'rejected', code: 'account', detail: 'no credit' }] })
  await using harness = await Harness.open({ broke })
  const candidates = [
    { account: 'broke', model: 'm' },
    { account: 'gone', model: 'm' },
  ]
  const { id } = await harness.create({ candidates })
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['error', 'never_submitted'])
  assert.ok(task.completedAtMs! < task.deadlineAtMs + 60_000)
})

test('a refusal is not forgotten because the store cannot note the pause of the account', async () => {
  const provider = scripted({
    startScript: [
      { kind: 'not_sent', detail: '429', pauseAccountMs: 5_000 },
      { kind: 'accepted', operation: { providerTaskId: 'job' } },
    ],
  })
  await using harness = await Harness.open({ scripted: provider })
  const pause = harness.store.pauseAccount.bind(harness.store)
  let isFull = true
  harness.store.pauseAccount = async (...told) => {
    if (isFull) throw new StoreUnavailable('full')
    return pause(...told)
  }
  const { id } = await harness.create()
  await harness.pass(3_000)
  isFull = false
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('an attempt that was stored, though the store seemed to be away, is not taken for one whose answer was lost', async () => {
  const provider = scripted()
  await using harness = await Harness.open({ scripted: provider })
  const commit = harness.store.commit.bind(harness.store)
  let isAway = true
  harness.store.commit = async (move) => {
    const outcome = await commit(move)
    if (!isAway || move.to !== 'submitting') return outcome
    isAway = false
    throw new StoreUnavailable('the answer to the commit was lost')
  }
  const { id } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.equal(task.state, 'completed')
  assert.equal(task.attempt?.n, 2)
  assert.equal(provider.starts.length, 1)
})

test('an input that cannot be read was not sent: the task says so, and is submitted when the file is back', async () => {
  const provider = scripted()
  const start = provider.start.bind(provider)
  provider.start = async (request) => {
    for (const input of request.inputs) await input.read()
    request.mayStillSend()
    return start(request)
  }
  await using harness = await Harness.open({ scripted: provider })
  const open = harness.files.open.bind(harness.files)
  let isMissing = true
  harness.files.open = async (key) => {
    if (isMissing) return undefined
    return key.startsWith('inputs/') ? Readable.from([Buffer.from('png')]) : open(key)
  }
  const request = {
    ...(await harness.create()).request,
    inputs: [{ ...INPUT, storageKey: 'inputs/t/0.png' }],
  }
  const { id } = await harness.create({ request })
  await harness.pass(20_000)
  assert.equal(harness.task(id).state, 'queued')
  isMissing = false
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('a provider whose link never ends does not keep a task alive for ever', async () => {
  const expiresAtMs = Date.UTC(9999, 11, 31)
  const endless: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: 'x' }], expiresAtMs }
  const provider = scripted({ probeScript: [endless], openScript: [deadLink()] })
  await using harness = await Harness.open({ scripted: provider })
  const { id, createdAtMs } = await harness.create()
  await harness.until(() => harness.task(id).state === 'archiving', 'it archives')
  assert.ok(harness.task(id).deadlineAtMs <= createdAtMs + 8 * 24 * HOUR_MS)
})

test('a row that cannot be read keeps no other task of its account waiting', async () => {
  const provider = scripted()
  await using harness = await Harness.open({ scripted: provider })
  await harness.shutdown()
  const broken = harness.insertBroken()
  await harness.boot()
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.throws(() => atOnce(harness.store.loadTask(broken)))
})

test('tasks that wait for a slot do not slow down the looks at those that run', async () => {
  const provider = scripted({ probeScript: [running] })
  const pacing = { perSecond: 5, burst: 10, inFlightMax: 2 }
  provider.traits = { ...provider.traits, pacing }
  await using harness = await Harness.open({ scripted: provider })
  for (let count = 0; count < 400; count += 1) await harness.create()
  await harness.pass(60_000)
  const before = provider.probes
  await harness.pass(60_000)
  // Two jobs, looked at every 6 to 10 s at that age.
  assert.ok(provider.probes - before >= 10, `${provider.probes - before} looks in a minute`)
})

test('tasks whose provider cannot be reached do not make each other try again', async () => {
  const refused = { kind: 'not_sent', detail: 'ECONNREFUSED' } as const
  const provider = scripted({ startScript: [refused] })
  provider.traits = { ...provider.traits, pacing: { perSecond: 50, burst: 50, inFlightMax: 2 } }
  await using harness = await Harness.open({ scripted: provider })
  for (let count = 0; count < 3; count += 1) await harness.create()
  await harness.pass(10 * 60_000)
  // Each after 1, 2, 4 … 60 s, give or take 15 %: about fifteen times.
  assert.ok(provider.starts.length >= 30 && provider.starts.length <= 60, `${provider.starts.length} tries`)
})

for (const [what, jumpMs] of [
  ['back by a day', -24 * HOUR_MS],
  ['back by an hour', -HOUR_MS],
] as const) {
  test(`a wall clock that is set ${what} delays neither looks nor a paused account`, async () => {
    const provider = scripted({ probeScript: [running, running, running, done] })
    await using harness = await Harness.open({ scripted: provider })
    const { id } = await harness.create()
    await harness.until(() => provider.probes === 1, 'a look')
    await harness.store.pauseAccount('scripted', harness.clock.nowMs() + 5_000, 'busy')
    harness.clock.setWall(jumpMs)
    const jumpedAtMs = harness.clock.monotonicMs()
    await harness.untilEnded(id)
    assert.ok(harness.clock.monotonicMs() - jumpedAtMs < 60_000)
    assert.equal(harness.task(id).state, 'completed')
  })
}

test('a wall clock that is set back while no process runs delays no look', async () => {
  const provider = scripted({ probeScript: [running, running, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await harness.until(() => provider.probes === 1, 'a look')
  await harness.shutdown()
  harness.clock.setWall(-24 * HOUR_MS)
  await harness.boot()
  const bootedAtMs = harness.clock.monotonicMs()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.ok(harness.clock.monotonicMs() - bootedAtMs < 60_000)
})

for (const [what, jumpMs] of [
  ['by as much', -HOUR_MS],
  ['by more', -24 * HOUR_MS],
] as const) {
  test(`a wall clock that is set ahead and, while no process runs, back ${what} delays no wish`, async () => {
    const provider = scripted({ probeScript: [running] })
    await using harness = await Harness.open({ scripted: provider })
    const { id } = await harness.create()
    await harness.until(() => provider.probes === 1, 'a look')
    harness.clock.setWall(HOUR_MS)
    await harness.store.requestCancel('default', id)
    await harness.shutdown()
    harness.clock.setWall(jumpMs)
    await harness.boot()
    const bootedAtMs = harness.clock.monotonicMs()
    assert.equal((await harness.untilEnded(id)).state, 'failed')
    assert.ok(harness.clock.monotonicMs() - bootedAtMs < 60_000)
  })
}

test('a wall clock that is set ahead and, just after a look, back again delays no other', async () => {
  const provider = scripted({ probeScript: [running, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const probe = provider.probe.bind(provider)
  provider.probe = async (...look) => {
    const verdict = await probe(...look)
    if (provider.probes === 2) harness.clock.setWall(HOUR_MS)
    return verdict
  }
  const commit = harness.store.commit.bind(harness.store)
  harness.store.commit = async (move) => {
    const outcome = await commit(move)
    if (provider.probes === 2) harness.clock.setWall(-HOUR_MS)
    return outcome
  }
  const { id } = await harness.create()
  const createdAtMs = harness.clock.monotonicMs()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.ok(harness.clock.monotonicMs() - createdAtMs < 120_000)
})

test('a wall clock that is set back while the store is away does not put off a job that was accepted', async () => {
  const provider = scripted({ probeScript: [done] })
  await using harness = await Harness.open({ scripted: provider })
  const commit = harness.store.commit.bind(harness.store)
  let isAway = true
  harness.store.commit = async (move) => {
    if (isAway && move.to === 'running') throw new StoreUnavailable('full')
    return commit(move)
  }
  const { id } = await harness.create()
  await harness.until(() => provider.starts.length === 1, 'the request')
  harness.clock.setWall(-24 * HOUR_MS)
  await harness.pass(5_000)
  isAway = false
  const backAtMs = harness.clock.monotonicMs()
  await harness.untilEnded(id)
  assert.ok(harness.clock.monotonicMs() - backAtMs < 60_000)
})

test('a wall clock that is set ahead takes no task from the step that holds it', async () => {
  const provider = scripted()
  const answer = Promise.withResolvers<{ kind: 'not_sent'; detail: string }>()
  const entered = Promise.withResolvers<void>()
  const start = provider.start.bind(provider)
  provider.start = async (request) => {
    if (provider.starts.length > 0) return start(request)
    provider.starts.push(request)
    entered.resolve()
    return answer.promise
  }
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create({ deadlineAtMs: harness.clock.nowMs() + 5 * HOUR_MS })
  await entered.promise
  harness.clock.setWall(HOUR_MS)
  await harness.pass(3_000)
  assert.equal(harness.task(id).state, 'submitting')
  answer.resolve({ kind: 'not_sent', detail: 'refused' })
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('tasks that wait for their turn to download do not keep another account waiting', async () => {
  const slow = scripted({ probeScript: [done] })
  const held = Promise.withResolvers<never>()
  slow.open = () => held.promise
  const other = scripted()
  await using harness = await Harness.open(
    { slow, other },
    {
      concurrencyMax: 3,
      downloads: { slots: new Slots(1), room: new Slots(8_000_000), bytesMax: 1_000_000 },
    },
  )
  for (let count = 0; count < 6; count += 1)
    await harness.create({ candidates: [{ account: 'slow', model: 'm' }] })
  await harness.pass(10_000)
  slow.open = async () => Promise.reject(deadLink())
  const { id } = await harness.create({ candidates: [{ account: 'other', model: 'm' }] })
  other.openScript = [VIDEO]
  await harness.until(() => other.probes > 1, 'the other account is looked at')
  assert.equal(other.starts.length, 1)
  assert.notEqual(harness.task(id).state, 'queued')
  held.reject(deadLink())
})

test('a stop does not wait for room, and sends nothing that was not sent before', async () => {
  const provider = scripted()
  const isEntered = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  await using harness = await Harness.open({ scripted: provider }, { concurrencyMax: 1 })
  provider.start = async (request) => {
    isEntered.resolve()
    await mayGoOn.promise
    if (!request.mayStillSend()) return { kind: 'not_sent', detail: 'held back' }
    throw new Error('it was sent')
  }
  const { id } = await harness.create()
  await isEntered.promise
  await harness.pass(1_000)
  const startedMs = harness.clock.nowMs()
  const stopping = harness.engine.stop(8_000)
  mayGoOn.resolve()
  await stopping
  assert.ok(harness.clock.nowMs() - startedMs < 1_000)
  assert.equal(harness.task(id).state, 'queued')
})
