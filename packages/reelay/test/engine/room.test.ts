import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallbackIn, Store } from '../../src/store/store.ts'
import { isTerminal } from '../../src/task/state.ts'
import type { Attempt, Task } from '../../src/task/task.ts'
import type { Operation, Verdict } from '../../src/task/verdict.ts'
import { settle } from '../support/settle.ts'
import { Harness } from './harness.ts'
import { done, ScriptedProvider } from './scripted-provider.ts'

const VIDEO = new TextEncoder().encode('video bytes')
const STEPS_MAX = 8
const ACCOUNTS = 12
const TASKS_PER_ACCOUNT = 3
/** Of little room, what one account may have. */
const ACCOUNT_STEPS_MAX = 32

test('however many accounts have work, no more steps run at a time than may, and all get their turn', async () => {
  let underWay = 0
  let most = 0
  const isOpen = Promise.withResolvers<void>()
  const providers = Object.fromEntries(
    Array.from({ length: ACCOUNTS }, (_, index) => {
      const provider = new ScriptedProvider()
      provider.probeScript = [done]
      provider.openScript = [VIDEO]
      const start = provider.start.bind(provider)
      provider.start = async (request) => {
        underWay += 1
        most = Math.max(most, underWay)
        await isOpen.promise
        underWay -= 1
        return start(request)
      }
      return [`account-${index}`, provider]
    }),
  )
  await using harness = await Harness.open(providers, { concurrencyMax: STEPS_MAX })
  const ids: string[] = []
  for (let index = 0; index < ACCOUNTS * TASKS_PER_ACCOUNT; index += 1) {
    const candidates = [{ account: `account-${index % ACCOUNTS}`, model: 'm' }]
    ids.push((await harness.create({ candidates })).id)
  }
  await harness.until(() => underWay === STEPS_MAX, 'all room is taken')
  await harness.pass(5_000)
  assert.equal(most, STEPS_MAX)
  isOpen.resolve()
  await harness.until(() => ids.every((id) => isTerminal(harness.task(id).state)), 'all end')
  assert.equal(most, STEPS_MAX)
  assert.ok(ids.every((id) => harness.task(id).state === 'completed'))
})

test('accounts that ask for work together wait for no clock, though each asks for as much as it may have', async () => {
  const providers = Object.fromEntries(
    Array.from({ length: ACCOUNTS }, (_, index) => [`account-${index}`, new ScriptedProvider()]),
  )
  await using harness = await Harness.open(providers, { concurrencyMax: 2 * ACCOUNT_STEPS_MAX })
  const atMs = harness.clock.nowMs()
  const ids: string[] = []
  for (const account of Object.keys(providers))
    ids.push((await harness.create({ candidates: [{ account, model: 'm' }] })).id)
  await settle()
  assert.deepEqual(
    ids.map((id) => harness.task(id).state),
    ids.map(() => 'running'),
  )
  assert.equal(harness.clock.nowMs(), atMs)
})

/** A provider whose looks take as long as the test wants; counts those under way. */
class HoldingProvider extends ScriptedProvider {
  isHolding = false
  readonly held: Set<string> = new Set()
  readonly #released = Promise.withResolvers<void>()
  /** The only job that is answered while the others wait. */
  answered: string | undefined

  constructor() {
    super()
    this.openScript = [VIDEO]
  }

  override async probe(operation?: Operation): Promise<Verdict> {
    const { providerTaskId = '' } = operation ?? {}
    if (providerTaskId === this.answered) return done
    if (this.isHolding) {
      this.held.add(providerTaskId)
      await this.#released.promise
    }
    return { kind: 'running' }
  }

  release(): void {
    this.isHolding = false
    this.#released.resolve()
  }
}

test('an account whose looks take long leaves room to the others', async () => {
  const busy = new HoldingProvider()
  busy.isHolding = true
  const other = new ScriptedProvider()
  other.probeScript = [done]
  other.openScript = [VIDEO]
  await using harness = await Harness.open({ busy, other }, { concurrencyMax: ACCOUNT_STEPS_MAX + 8 })
  for (let count = 0; count < ACCOUNT_STEPS_MAX + 20; count += 1)
    await harness.create({ candidates: [{ account: 'busy', model: 'm' }] })
  await harness.until(() => busy.held.size === ACCOUNT_STEPS_MAX, 'its share is taken')
  await harness.pass(5_000)
  assert.equal(busy.held.size, ACCOUNT_STEPS_MAX)
  const { id } = await harness.create({ candidates: [{ account: 'other', model: 'm' }] })
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  busy.release()
})

test('with all room taken by looks, an announced end is looked at and its video fetched', async () => {
  const provider = new HoldingProvider()
  await using harness = await Harness.open({ scripted: provider }, { concurrencyMax: 2 })
  const ids: string[] = []
  for (let count = 0; count < 4; count += 1) ids.push((await harness.create()).id)
  await harness.until(() => ids.every((id) => harness.task(id).state === 'running'), 'all run')
  provider.isHolding = true
  await harness.until(() => provider.held.size === 2, 'all room is taken')
  await harness.pass(5_000)
  assert.equal(provider.held.size, 2)

  const task = ids.map((id) => harness.task(id)).find(({ attempt }) => !provider.held.has(jobOf(attempt)))!
  provider.answered = jobOf(task.attempt)
  await announceEnd(harness.store, task)
  assert.equal((await harness.untilEnded(task.id)).state, 'completed')
  assert.equal(provider.held.size, 2)
  provider.release()
})

const jobOf = (attempt: Attempt | null): string => attempt?.operation?.providerTaskId ?? ''

async function announceEnd(store: Store, { id, projectId }: Task): Promise<void> {
  const callback: CallbackIn = {
    projectId,
    taskId: id,
    attempt: 1,
    provider: 'scripted',
    dedupeKey: id,
    headers: {},
    body: new Uint8Array(),
    verdict: 'trusted',
    operation: null,
    hint: 'ended',
  }
  const outcome = await store.recordCallback(callback)
  await store.heedCallback(callback, outcome === 'kept')
}
