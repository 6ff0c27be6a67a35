import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StorageFull } from '../../src/files/files.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { Harness } from './harness.ts'
import { deadLink, done, lostAnswer, ScriptedProvider, unavailable } from './scripted-provider.ts'
import { atOnce } from '../support/at-once.ts'
import { settle } from '../support/settle.ts'

const VIDEO = new TextEncoder().encode('video bytes')
const running: Verdict = { kind: 'running', progress: 10 }

function scripted(script: Partial<ScriptedProvider> = {}): ScriptedProvider {
  return Object.assign(new ScriptedProvider(), { probeScript: [running, done], openScript: [VIDEO] }, script)
}

test('a task goes from queued to an archived video, and its timeline tells how', async () => {
  const provider = scripted()
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.equal(task.state, 'completed')
  assert.equal(task.progress, 100)
  assert.equal(provider.starts.length, 1)
  const [video] = await harness.store.artifacts(id)
  assert.ok(video)
  assert.equal(video.role, 'video')
  const stream = await harness.files.open(video.storageKey)
  assert.equal(Buffer.concat(await stream!.toArray()).toString(), 'video bytes')
  const states = (await harness.store.timeline(id)).flatMap((entry) =>
    entry.kind === 'task.state' ? [entry.data?.['to']] : [],
  )
  assert.deepEqual(states, ['submitting', 'running', 'archiving', 'completed'])
  assert.equal((await harness.store.scheduledAccounts()).length, 0)
})

test('a lost answer to the billable request is never sent again and ends at the deadline', async () => {
  const provider = scripted({ startScript: [lostAnswer()] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.equal(task.state, 'error')
  assert.equal(task.error?.code, 'submit_outcome_unknown')
  assert.equal(provider.starts.length, 1)
  assert.ok(task.completedAtMs! >= task.deadlineAtMs)
})

test('a lost answer is adopted when the provider finds the job by its client token', async () => {
  const provider = scripted({ startScript: [lostAnswer()] })
  provider.find = async (token) => ({ providerTaskId: `found-${token}` })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(provider.starts.length, 1)
})

test('a lost answer is submitted again only after an exhaustive look-up found nothing, as a new attempt', async () => {
  const provider = scripted({
    startScript: [lostAnswer(), { kind: 'accepted', operation: { providerTaskId: 'second' } }],
  })
  provider.find = async () => 'absent'
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.equal(task.state, 'completed')
  assert.equal(task.attempt?.n, 2)
  assert.notEqual(provider.starts[0]?.clientToken, provider.starts[1]?.clientToken)
})

test('a three-minute outage of the upstream ends no task', async () => {
  const provider = scripted()
  await using harness = await Harness.open({ scripted: provider })
  const startedMs = harness.clock.nowMs()
  provider.probe = async () => {
    const ageMs = harness.clock.nowMs() - startedMs
    if (ageMs > 20_000 && ageMs < 200_000) throw unavailable(ageMs > 60_000 ? 5_000 : undefined)
    return ageMs > 230_000 ? done : running
  }
  const tasks = await Promise.all(Array.from({ length: 20 }, () => harness.create()))
  for (const { id } of tasks) assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(provider.starts.length, 20)
})

test('"not found" is believed only after the grace and two sightings 30 s apart', async () => {
  const gone: Verdict = { kind: 'gone' }
  const provider = scripted({ probeScript: [gone] })
  await using harness = await Harness.open({ scripted: provider })
  const { id, createdAtMs } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.equal(task.error?.code, 'provider_task_lost')
  assert.ok(task.completedAtMs! - createdAtMs >= 90_000)
})

test('a job that is found again after "not found" goes on', async () => {
  const gone: Verdict = { kind: 'gone' }
  const provider = scripted({ probeScript: [gone, gone, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('an unknown status keeps the task alive', async () => {
  const provider = scripted({ probeScript: [{ kind: 'unrecognised', status: 'warming' }, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('progress never falls and stays below 100 until the bytes are here', async () => {
  const provider = scripted({
    probeScript: [45, 30, 250, 20].map((progress): Verdict => ({ kind: 'running', progress })),
  })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  const seen: number[] = []
  harness.store.onChange(() => seen.push(harness.task(id).progress))
  await harness.pass(30_000)
  assert.deepEqual(
    seen,
    [...seen].toSorted((a, b) => a - b),
  )
  assert.equal(seen.at(-1), 99)
})

test('a cancelled queued task is never submitted', async () => {
  const provider = scripted()
  provider.traits = { ...provider.traits, pacing: { ...provider.traits.pacing, inFlightMax: 0 } }
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await settle()
  await harness.store.requestCancel('default', id)
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['failed', 'cancelled'])
  assert.equal(provider.starts.length, 0)
})

test('a running task is cancelled upstream', async () => {
  const provider = scripted({ probeScript: [running] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await harness.until(() => harness.task(id).state === 'running', 'it runs')
  await harness.store.requestCancel('default', id)
  const task = await harness.untilEnded(id)
  assert.equal(task.error?.code, 'cancelled')
  assert.equal(provider.cancels, 1)
  assert.deepEqual(task.warnings, [])
})

test('where cancelling is not possible the task ends, says that it may be billed, and keeps its slot until the job ends', async () => {
  const provider = scripted({ probeScript: [running, running, running, running, done] })
  delete provider.cancel
  provider.traits = { ...provider.traits, pacing: { ...provider.traits.pacing, inFlightMax: 1 } }
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await harness.until(() => harness.task(id).state === 'running', 'it runs')
  await harness.store.requestCancel('default', id)
  const task = await harness.untilEnded(id)
  assert.deepEqual(task.warnings, ['upstream_may_still_bill'])
  const second = await harness.create()
  await settle()
  assert.equal(harness.task(second.id).state, 'queued')
  assert.equal((await harness.untilEnded(second.id)).state, 'completed')
  assert.equal(harness.task(id).state, 'failed')
})

test('an archiving task that is cancelled stops its download and keeps no file', async () => {
  const provider = scripted({ probeScript: [done] })
  await using harness = await Harness.open({ scripted: provider })
  const reached = Promise.withResolvers<void>()
  const cancelled = Promise.withResolvers<void>()
  provider.open = async () => ({
    bytes: null,
    close: () => {},
    body: (async function* () {
      yield VIDEO
      reached.resolve()
      await cancelled.promise
      yield VIDEO
    })(),
  })
  const { id } = await harness.create()
  await harness.until(() => harness.task(id).state === 'archiving', 'it archives')
  await reached.promise
  await harness.store.requestCancel('default', id)
  cancelled.resolve()
  const task = await harness.untilEnded(id)
  assert.equal(task.error?.code, 'cancelled')
  assert.equal((await harness.store.artifacts(id)).length, 0)
})

test('a dead link is asked for again, and the fresh one is archived', async () => {
  const provider = scripted({ probeScript: [done], openScript: [deadLink(), VIDEO] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(provider.probes, 2)
})

test('a full disk pauses archiving beyond the deadline and ends no task', async () => {
  const provider = scripted({ probeScript: [done] })
  await using harness = await Harness.open({ scripted: provider })
  const stage = harness.files.stage.bind(harness.files)
  let full = true
  harness.files.stage = async () => {
    if (full) throw new StorageFull('the disk is full')
    return stage()
  }
  const { id } = await harness.create({ deadlineAtMs: harness.clock.nowMs() + 60_000 })
  await harness.until(() => harness.task(id).state === 'archiving', 'it archives')
  await harness.pass(30 * 60_000)
  assert.equal(harness.task(id).state, 'archiving')
  full = false
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('a provider that never finishes ends in error at the deadline', async () => {
  const provider = scripted({ probeScript: [running] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create({ deadlineAtMs: harness.clock.nowMs() + 120_000 })
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['error', 'deadline_exceeded'])
  assert.equal(provider.cancels, 1)
})

test('an account that refuses its credentials falls back to the next candidate', async () => {
  const broke = scripted({ startScript: [{ kind: 'rejected', code: 'account', detail: 'no credit' }] })
  const other = scripted()
  await using harness = await Harness.open({ broke, other })
  const { id } = await harness.create({
    candidates: [
      { account: 'broke', model: 'm' },
      { account: 'other', model: 'm' },
    ],
  })
  const task = await harness.untilEnded(id)
  assert.equal(task.state, 'completed')
  assert.deepEqual([broke.starts.length, other.starts.length], [1, 1])
})

test('a moderated request fails at once and does not fall back', async () => {
  const strict = scripted({
    startScript: [{ kind: 'rejected', code: 'moderation_blocked', detail: 'not allowed' }],
  })
  const other = scripted()
  await using harness = await Harness.open({ strict, other })
  const { id } = await harness.create({
    candidates: [
      { account: 'strict', model: 'm' },
      { account: 'other', model: 'm' },
    ],
  })
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['failed', 'moderation_blocked'])
  assert.equal(other.starts.length, 0)
})

test('a 429 on submit waits as told and then submits as a new attempt', async () => {
  const provider = scripted()
  await using harness = await Harness.open({ scripted: provider })
  const retryAtMs = harness.clock.nowMs() + 45_000
  provider.startScript = [
    { kind: 'not_sent', detail: '429', retryAtMs, pauseAccountMs: 45_000 },
    { kind: 'accepted', operation: { providerTaskId: 'job' } },
  ]
  const { id } = await harness.create()
  await harness.until(() => provider.starts.length === 2, 'the second submit')
  assert.ok(harness.clock.nowMs() >= retryAtMs)
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

test('no more jobs run upstream than the account allows, and all are served', async () => {
  const provider = scripted({ probeScript: [done] })
  provider.traits = { ...provider.traits, pacing: { ...provider.traits.pacing, inFlightMax: 2 } }
  await using harness = await Harness.open({ scripted: provider })
  let inFlight = 0
  let most = 0
  const start = provider.start.bind(provider)
  provider.start = async (request) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    return start(request)
  }
  harness.store.onChange((id) => {
    if (atOnce(harness.store.loadTask(id))?.state === 'archiving') inFlight -= 1
  })
  const tasks = await Promise.all(Array.from({ length: 8 }, () => harness.create()))
  for (const { id } of tasks) assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(most, 2)
})

test('a task whose process ended during the submit becomes unknown after a restart, and nothing is sent', async () => {
  const provider = scripted()
  const held = Promise.withResolvers<never>()
  const entered = Promise.withResolvers<void>()
  await using harness = await Harness.open({ scripted: provider })
  provider.start = async (request) => {
    provider.starts.push(request)
    entered.resolve()
    return held.promise
  }
  const { id } = await harness.create()
  await entered.promise
  assert.equal(harness.task(id).state, 'submitting')
  // The step hangs for ever, as if its process were gone; a new process opens the same files.
  await harness.shutdown()
  await harness.boot()
  await harness.until(() => harness.task(id).state === 'unknown', 'it is unknown')
  assert.equal(provider.starts.length, 1)
})

test('a stopped engine gives its tasks back and a new one finishes them', async () => {
  const provider = scripted({ probeScript: [running, running, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await harness.until(() => provider.probes === 2, 'two looks')
  await harness.shutdown()
  await harness.boot()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.equal(provider.starts.length, 1)
})

test('durations are learned as intervals between looks', async () => {
  const provider = scripted({ probeScript: [running, running, done] })
  await using harness = await Harness.open({ scripted: provider })
  const { id } = await harness.create()
  await harness.untilEnded(id)
  const [sample] = await harness.store.durations('scripted|m||')
  assert.ok(sample!.lowerMs > 0 && sample!.lowerMs < sample!.upperMs)
})

test('a stop waits for a billable request as long as it may, then records its outcome as unknown', async () => {
  const provider = scripted()
  const entered = Promise.withResolvers<void>()
  await using harness = await Harness.open({ scripted: provider })
  provider.start = async (request) => {
    provider.starts.push(request)
    entered.resolve()
    return new Promise((_resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(lostAnswer()), { once: true })
    })
  }
  const { id } = await harness.create()
  await entered.promise
  const startedMs = harness.clock.nowMs()
  let stopped = false
  void (async () => {
    await harness.engine.stop(8_000)
    stopped = true
  })()
  await harness.until(() => stopped, 'the engine stops')
  assert.ok(harness.clock.nowMs() - startedMs >= 8_000 && harness.clock.nowMs() - startedMs <= 9_000)
  assert.equal(harness.task(id).state, 'unknown')
})
