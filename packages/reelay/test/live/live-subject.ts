import { createHash } from 'node:crypto'
import type { SignatureVerdict } from '../../src/callbacks/signature-verdict.ts'
import type { CallbackIn, Claim, Move, Store } from '../../src/store/store.ts'
import type { TaskState } from '../../src/task/state.ts'
import { attemptOf } from '../contract/store-subject.ts'
import { newTask } from '../support/new-task.ts'

const LEASE_MS = 3_600_000

/** Tasks of a real store, moved by the test as the engine would move them. Each has an account of its own. */
export class LiveSubject {
  readonly #store: Store
  readonly #nowMs: () => number
  readonly #claims = new Map<string, Claim>()
  readonly #states = new Map<string, TaskState>()

  constructor(store: Store, nowMs: () => number = Date.now) {
    this.#store = store
    this.#nowMs = nowMs
  }

  async create(): Promise<string> {
    const made = newTask(this.#nowMs())
    const task = { ...made, candidates: [{ account: made.id, model: 'm' }] }
    await this.#store.insertTask({
      task,
      account: task.id,
      dueAtMs: this.#nowMs(),
      artifacts: [],
      events: [{ kind: 'task.created' }],
      idempotency: null,
      replay: null,
      limits: { inFlightMax: null, perDayMax: null },
    })
    return task.id
  }

  async start(id: string, { progress = 0 }: { progress?: number } = {}): Promise<void> {
    const rate = { limit: 1, perSecond: 1_000, burst: 1_000, slotsMax: null }
    const { claims } = await this.#store.claimDue({ owner: 'test', account: id, leaseMs: LEASE_MS, ...rate })
    const claim = claims[0]
    if (claim === undefined) throw new Error(`${id} is not due`)
    this.#claims.set(id, claim)
    this.#states.set(id, claim.task.state)
    const attempt = attemptOf(1, { account: id, clientToken: id, startedAtMs: this.#nowMs() })
    await this.#move(id, 'submitting', {
      attempt: { kind: 'open', attempt },
      events: [{ kind: 'submit.started' }],
    })
    await this.#move(id, 'running', {
      attempt: {
        kind: 'patch',
        n: 1,
        patch: { state: 'accepted', operation: { providerTaskId: `job ${id}` } },
      },
      events: [{ kind: 'submit.accepted' }],
    })
    if (progress > 0) await this.progress(id, progress)
  }

  progress(id: string, progress: number, note = ''): Promise<void> {
    return this.#move(id, 'running', {
      patch: { progress },
      events: [{ kind: 'poll.progress', data: { progress, note } }],
    })
  }

  async complete(id: string): Promise<void> {
    await this.#move(id, 'archiving', {})
    await this.#move(id, 'completed', {
      patch: { progress: 100, completedAtMs: this.#nowMs() },
      dueAtMs: null,
      events: [{ kind: 'archive.stored' }],
      artifacts: [
        {
          role: 'video',
          index: 0,
          storageKey: `videos/${id}.mp4`,
          sha256: 'abc',
          bytes: 1,
          mime: 'video/mp4',
          width: 1280,
          height: 720,
          durationMs: 5_000,
          codec: 'avc',
        },
      ],
    })
  }

  async callback(taskId: string, body: Uint8Array, verdict: SignatureVerdict): Promise<void> {
    const hash = createHash('sha256').update(body).digest('hex')
    const callback: CallbackIn = {
      projectId: 'default',
      taskId,
      attempt: 1,
      provider: 'scripted',
      dedupeKey: `${taskId}.1.${verdict}.${hash}`,
      headers: { 'x-from': 'a provider' },
      body,
      verdict,
      operation: null,
      hint: 'moved',
    }
    const outcome = await this.#store.recordCallback(callback)
    await this.#store.heedCallback(callback, outcome === 'kept')
  }

  async #move(id: string, to: TaskState, move: Partial<Move>): Promise<void> {
    const claim = this.#claims.get(id)
    const from = this.#states.get(id)
    if (claim === undefined || from === undefined) throw new Error(`${id} was not started`)
    const isEnd = move.dueAtMs === null
    const outcome = await this.#store.commit({
      claim,
      from,
      to,
      account: id,
      dueAtMs: this.#nowMs(),
      patch: {},
      events: [],
      ...(isEnd ? {} : { keepLeaseMs: LEASE_MS }),
      ...move,
    })
    if (outcome.kind !== 'committed') throw new Error(`not committed: ${outcome.kind}`)
    this.#states.set(id, to)
  }
}
