import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import type { DeliveryContext } from '../../src/engine/deliver.ts'
import { Deliverer } from '../../src/engine/deliverer.ts'
import { videoObject } from '../../src/http/video-object.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { silentObserver } from '../../src/observability/observer.ts'
import type { Artifact } from '../../src/store/store.ts'
import type { Delivery, DeliveryAttempt, Endpoint } from '../../src/store/webhook-store.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { createVault, type Vault } from '../../src/system/vault.ts'
import type { Task } from '../../src/task/task.ts'
import { TERMINAL_EVENT_TYPES } from '../../src/task/video-event.ts'
import { parseRetrySchedule, STANDARD_SCHEDULE } from '../../src/webhooks/retry-schedule.ts'
import { endpointPurpose, makeSecret } from '../../src/webhooks/webhook-secret.ts'
import { UNSHARED, WebhookSubject } from '../contract/webhook-subject.ts'
import { ScriptedReceivers, type SentRequest } from './scripted-receivers.ts'
import { atOnce } from '../support/at-once.ts'
import { settle } from '../support/settle.ts'

const ROUNDS_MAX = 20_000
const STOP_GRACE_MS = 3_000
const DAY_MS = 86_400_000
const LINK_TTL_MS = 24 * 3_600_000

export const keyOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
export const LINK_KEYS: readonly Uint8Array[] = [keyOf(9)]

const video: Artifact = {
  role: 'video',
  index: 0,
  storageKey: 'videos/a/1.1.video.0.mp4',
  sha256: 'abc',
  bytes: 5,
  mime: 'video/mp4',
  width: 320,
  height: 180,
  durationMs: 1_000,
  codec: 'avc',
}

type Options = Partial<DeliveryContext> & { linkTtlMs?: number }

/** The real deliverer on the real store; the clock and the receivers belong to the test. */
export class DeliveryHarness {
  readonly clock: TestClock = new TestClock()
  readonly receivers: ScriptedReceivers = new ScriptedReceivers(this.clock)
  readonly #directory: string
  readonly #options: Options
  vault: Vault = createVault([keyOf(1)])
  subject!: WebhookSubject
  deliverer!: Deliverer

  private constructor(directory: string, options: Options) {
    this.#directory = directory
    this.#options = options
  }

  static async open(options: Options = {}): Promise<DeliveryHarness> {
    const harness = new DeliveryHarness(await mkdtemp(join(tmpdir(), 'reelay-deliver-')), options)
    await harness.boot()
    return harness
  }

  /** Opens the store and starts delivering, as a process start does. */
  async boot(): Promise<void> {
    const { clock } = this
    const store = await openSqliteStore({ path: join(this.#directory, 'reelay.db'), clock })
    this.subject = new WebhookSubject(clock, store)
    await store.clearLeases()
    const { linkTtlMs = LINK_TTL_MS, ...overrides } = this.#options
    this.deliverer = new Deliverer({
      store,
      clock,
      ids: systemIds,
      random: () => 0.5,
      log: silentLog,
      observer: silentObserver,
      owner: systemIds.id('worker', clock.nowMs()),
      checkpoint: () => Promise.resolve(),
      vault: this.vault,
      guarded: this.receivers,
      schedule: parseRetrySchedule(STANDARD_SCHEDULE) ?? [],
      leaseMs: 60_000,
      userAgent: 'reelay/test',
      viewVideo: (task) =>
        videoObject(task, task.state === 'completed' ? atOnce(store.artifacts(task.id)) : [], {
          profile: task.profile,
          publicUrl: 'https://reelay.test',
          linkKeys: LINK_KEYS,
          linkTtlMs,
          nowMs: clock.nowMs(),
        }),
      ...overrides,
    })
    this.deliverer.start()
  }

  /** An endpoint for the last events unless the patch says otherwise, and its secret in the clear. */
  async endpoint(id: string, patch: Partial<Endpoint> = {}): Promise<Endpoint & { secret: string }> {
    const secret = makeSecret(systemIds)
    const sealed = this.vault.seal(secret, endpointPurpose(id))
    const secrets = [{ sealed, createdAtMs: this.clock.nowMs(), expiresAtMs: null }]
    const endpoint = await this.subject.endpoint(id, { events: TERMINAL_EVENT_TYPES, secrets, ...patch })
    return { ...endpoint, secret }
  }

  /** A task that has come to its end: its last event is in the outbox. */
  async complete(patch: Partial<Task> = {}): Promise<Task> {
    const { id } = await this.subject.create(patch)
    await this.subject.step(id, 'submitting', { dueAtMs: this.clock.nowMs() })
    await this.subject.step(id, 'archiving')
    const completedAtMs = this.clock.nowMs()
    return this.subject.step(id, 'completed', {
      artifacts: [{ ...video, storageKey: `videos/${id}.mp4` }],
      patch: { progress: 100, completedAtMs },
    })
  }

  /** The only delivery of a task. */
  async deliveryOf({ id }: Pick<Task, 'id'>): Promise<Delivery> {
    const rows = (await this.subject.rows()).filter(({ taskId }) => taskId === id)
    assert.equal(rows.length, 1)
    return rows[0]!
  }

  attempts({ id }: Delivery): Promise<readonly DeliveryAttempt[]> {
    return this.subject.store.webhooks.deliveryAttempts(id)
  }

  /** Lets time pass, as fast as the code allows, until the condition holds. */
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await settle()
      if (await condition()) return
      await this.#advance(Infinity)
    }
    throw new Error(`never happened: ${what}`)
  }

  /** Everything has ended: delivered, exhausted or cancelled. */
  async untilOver(): Promise<void> {
    const isOver = async () => (await this.subject.rows()).every(({ state }) => state !== 'pending')
    await this.until(isOver, 'all deliveries end')
  }

  /** Passes a stretch of virtual time step by step. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await settle()
      const leftMs = endMs - this.clock.monotonicMs()
      if (leftMs <= 0) return
      await this.#advance(leftMs)
    }
    throw new Error(`${ms} ms never passed`)
  }

  /** To the next thing that happens. The deliverer's idle looks in between are left out: there are 17,280 of them a day. */
  async #advance(msMax: number): Promise<void> {
    const { clock } = this
    const nowMs = clock.nowMs()
    const wakeMs = (clock.nextWakeMs ?? nowMs + msMax) - nowMs
    const isIdle = clock.sleeping === 1
    const dueMs = isIdle ? ((await this.#nextDueAtMs()) ?? Infinity) - nowMs : 0
    const stepMs = Math.max(1, wakeMs, dueMs === Infinity ? Math.min(DAY_MS, msMax) : dueMs)
    clock.advance(Math.min(msMax, stepMs))
  }

  /** A claim of nothing only tells when something is due. */
  async #nextDueAtMs(): Promise<number | null> {
    const nothing = { owner: 'nobody', limit: 0, ...UNSHARED, leaseMs: 60_000 }
    return (await this.subject.store.webhooks.claimDeliveries(nothing)).nextDueAtMs
  }

  /** Stops as the process does. Answers how much virtual time that took. */
  async shutdown(graceMs: number = STOP_GRACE_MS): Promise<number> {
    const startMs = this.clock.monotonicMs()
    let isStopped = false
    const stopping = this.deliverer.stop(graceMs).then(() => (isStopped = true))
    await this.until(() => isStopped, 'the deliverer stops')
    await stopping
    await this.subject.store.close()
    return this.clock.monotonicMs() - startMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown(0)
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Verifies a request at the time of its arrival; the library only knows the time of day, so its check of it is done here. */
export function verified({ headers, body, atMs }: SentRequest, secret: string): Record<string, unknown> {
  const {
    'webhook-id': id = '',
    'webhook-timestamp': timestamp = '',
    'webhook-signature': all = '',
  } = headers
  assert.equal(timestamp, String(Math.floor(atMs / 1_000)), 'the timestamp is that of the attempt')
  const expected = new Webhook(secret).sign(id, new Date(Number(timestamp) * 1_000), body)
  assert.ok(all.split(' ').includes(expected), 'no signature is of this secret')
  const event = JSON.parse(body) as Record<string, unknown>
  assert.equal(event['id'], id)
  return event
}
