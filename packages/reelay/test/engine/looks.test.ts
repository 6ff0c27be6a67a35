import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenIn } from '../../src/task/duration-sketch.ts'
import type { Operation, Verdict } from '../../src/task/verdict.ts'
import { durationKeyOf } from '../../src/engine/duration-key.ts'
import { atOnce } from '../support/at-once.ts'
import { Harness } from './harness.ts'
import { done, ScriptedProvider } from './scripted-provider.ts'

const VIDEO = new TextEncoder().encode('video bytes')
/** More than the cold start takes. */
const TAUGHT = 40
/** For so long an engine uses what it read. */
const KEPT_MS = 30_000

/** Jobs that take as long as the test says, and the ages at which each was looked at. */
class TimedProvider extends ScriptedProvider {
  harness: Harness | undefined
  durationMs: (job: number) => number = () => 60_000
  progressAt: (ageMs: number, durationMs: number) => number | undefined = () => undefined
  readonly looks: number[][] = []
  readonly #jobs = new Map<string, { job: number; startedAtMs: number }>()
  override openScript = [VIDEO]
  override start = async (): ReturnType<ScriptedProvider['start']> => {
    const job = this.#jobs.size
    this.#jobs.set(`job-${job}`, { job, startedAtMs: this.#nowMs() })
    this.looks.push([])
    return { kind: 'accepted', operation: { providerTaskId: `job-${job}` } }
  }
  override probe = async (operation?: Operation): Promise<Verdict> => {
    const { job, startedAtMs } = this.#jobs.get(operation?.providerTaskId ?? '') ?? assert.fail('no job')
    const ageMs = this.#nowMs() - startedAtMs
    this.looks[job]?.push(ageMs)
    const durationMs = this.durationMs(job)
    const progress = this.progressAt(ageMs, durationMs)
    return ageMs >= durationMs ? done : { kind: 'running', ...(progress === undefined ? {} : { progress }) }
  }

  #nowMs(): number {
    return this.harness?.clock.nowMs() ?? 0
  }
}

async function open(provider: TimedProvider): Promise<Harness> {
  provider.harness = await Harness.open({ scripted: provider })
  return provider.harness
}

/** Jobs of about a minute, ended one and all. */
async function teach(harness: Harness, count = TAUGHT): Promise<string> {
  const tasks = await Promise.all(Array.from({ length: count }, () => harness.create()))
  for (const { id } of tasks) assert.equal((await harness.untilEnded(id)).state, 'completed')
  await harness.pass(KEPT_MS)
  return durationKeyOf(harness.task(tasks[0]?.id ?? ''))
}

const aMinute = (job: number): number => 58_000 + (job % 9) * 500

test('times are learned: the first look comes when such jobs mostly end, and few are made', async () => {
  const provider = new TimedProvider()
  provider.durationMs = aMinute
  await using harness = await open(provider)
  const key = await teach(harness)
  const cold = provider.looks[0] ?? []
  assert.ok((cold[0] ?? 0) < 2_000 && cold.length > 12, cold.join(' '))
  assert.equal(seenIn(atOnce(harness.store.durations(key))), TAUGHT)
  const { id } = await harness.create()
  await harness.untilEnded(id)
  const learned = provider.looks[TAUGHT] ?? []
  assert.ok((learned[0] ?? 0) > 50_000, learned.join(' '))
  assert.ok(learned.length <= 8, learned.join(' '))
  assert.ok((learned.at(-1) ?? 0) - aMinute(TAUGHT) < 2_000, learned.join(' '))
})

test('what was learned outlives the process', async () => {
  const provider = new TimedProvider()
  provider.durationMs = aMinute
  await using harness = await open(provider)
  await teach(harness)
  await harness.shutdown()
  await harness.boot()
  await harness.untilEnded((await harness.create()).id)
  assert.ok((provider.looks[TAUGHT]?.[0] ?? 0) > 50_000, String(provider.looks[TAUGHT]))
})

test('too little was seen: the fixed profile stands', async () => {
  const provider = new TimedProvider()
  await using harness = await open(provider)
  await teach(harness, 5)
  await harness.untilEnded((await harness.create()).id)
  assert.deepEqual(provider.looks[5], provider.looks[0])
})

test('a kind of job that was never seen is not looked at by the times of another', async () => {
  const provider = new TimedProvider()
  provider.durationMs = aMinute
  await using harness = await open(provider)
  await teach(harness)
  const { request } = harness.task((await harness.create()).id)
  const { id } = await harness.create({ request: { ...request, resolution: '4k' } })
  await harness.untilEnded(id)
  assert.ok((provider.looks[TAUGHT + 1]?.[0] ?? 0) < 2_000, String(provider.looks[TAUGHT + 1]))
})

test('a job that outlives all that was seen is looked at by the fixed profile until it ends', async () => {
  const provider = new TimedProvider()
  provider.durationMs = (job) => (job < TAUGHT ? aMinute(job) : 400_000)
  await using harness = await open(provider)
  await teach(harness)
  const { id } = await harness.create()
  await harness.untilEnded(id)
  const late = (provider.looks[TAUGHT] ?? []).filter((ageMs) => ageMs > 100_000)
  const pauses = late.slice(1).map((ageMs, index) => ageMs - (late[index] ?? 0))
  assert.ok(Math.max(...pauses) <= 12_000, pauses.join(' '))
})

test('news of progress that foretell the end bring the look forward', async () => {
  const provider = new TimedProvider()
  provider.durationMs = (job) => (job < TAUGHT ? 100_000 + (job % 9) * 5_000 : 70_000)
  await using harness = await open(provider)
  await teach(harness)
  // Of this one the first look, moved forward by a wake, is told how far it is.
  provider.progressAt = (ageMs, durationMs) => Math.floor((100 * ageMs) / durationMs)
  const { id } = await harness.create()
  await harness.pass(35_000)
  await harness.store.wake(id)
  await harness.untilEnded(id)
  const looks = provider.looks[TAUGHT] ?? []
  assert.ok(looks.length <= 3 && (looks.at(-1) ?? 0) < 76_000, looks.join(' '))
})

test('looks become dearer while an account is granted too few of them, and cheap again after', async () => {
  const provider = new TimedProvider()
  const { pacing } = provider.traits
  provider.traits = { ...provider.traits, pacing: { ...pacing, perSecond: 2, burst: 4 } }
  await using harness = await open(provider)
  assert.equal(harness.looks.scarcityOf('scripted'), 1)
  const tasks = await Promise.all(Array.from({ length: 60 }, () => harness.create()))
  await harness.pass(60_000)
  assert.ok(harness.looks.scarcityOf('scripted') > 1.2, `${harness.looks.scarcityOf('scripted')}`)
  for (const { id } of tasks) await harness.untilEnded(id)
  for (let turn = 0; turn < 8; turn += 1) {
    await harness.untilEnded((await harness.create()).id)
  }
  assert.ok(harness.looks.scarcityOf('scripted') < 1.2, `${harness.looks.scarcityOf('scripted')}`)
})
