import type { CallbackFaults } from './callback-faults.ts'
import type { CallbackRecord } from './callback-record.ts'
import type { CallbackRules, Outgoing } from './callback-rules.ts'
import { sendCallback, type SenderOptions } from './callback-sender.ts'
import { createVerbs, type VerbSource } from './create-verbs.ts'
import type { FaultOrders } from './fault-orders.ts'
import { isTerminal, type Phase } from './phase.ts'
import { strangerSecrets, type Secrets } from './secrets.ts'
import { untilChangeMs, type Task, type TaskView } from './task.ts'
import { WatchedLog } from './watched-log.ts'

export interface CallbacksOptions extends SenderOptions {
  readonly verbs: VerbSource
  readonly orders: FaultOrders
  readonly seed: number
  /** Pauses between tries are this much shorter. */
  readonly speed: number
}

/** How long ago a replayed callback was signed. */
const REPLAY_AGE_MS = 3_600_000

/** Sends what a dialect's provider would send, when a task moves, with the faults that its prompt asks for. */
export class Callbacks {
  readonly log: WatchedLog<CallbackRecord> = new WatchedLog()
  readonly #options: CallbacksOptions
  readonly #handshakes = new Map<string, Promise<boolean>>()
  /** What is kept back until the end, by task. */
  readonly #held = new Map<string, TaskView[]>()
  readonly #followed = new Set<string>()

  constructor(options: CallbacksOptions) {
    this.#options = options
  }

  get #rules(): CallbackRules | undefined {
    return this.#options.verbs.dialect.callback
  }

  /** Begins to watch a task: tells of its first phase, and of each that the clock brings. */
  follow(task: Task): void {
    if (task.callbackUrl === null || this.#rules === undefined || this.#followed.has(task.id)) return
    this.#followed.add(task.id)
    if (this.#rules.handshake !== undefined) void this.#handshake(this.#rules, task)
    void this.#watch(task)
  }

  /** A callback that arrives before the answer to the create does, for tasks that ask for it. */
  async beforeAnswer(task: Task): Promise<void> {
    const rules = this.#rules
    const first = rules?.events.find((phase) => rules.wants?.(task, phase) !== false)
    if (first === undefined || task.callbackUrl === null || !task.script.callback.has('early')) return
    await this.#tell(task, { ...this.#options.verbs.tasks.view(task), phase: first })
  }

  /** Tells of the task's phases so far, if callbacks tell of them and none has. */
  moved(task: Task): void {
    const rules = this.#rules
    if (task.callbackUrl === null || rules === undefined || this.#options.signal.aborted) return
    for (const view of this.#options.verbs.tasks.passed(task)) {
      if (!rules.events.includes(view.phase) || task.told.has(view.phase)) continue
      if (rules.wants?.(task, view.phase) !== false) void this.#tell(task, view)
    }
  }

  /**
   * Sends one callback for the task as it is, or for another phase, whatever was sent before. Resolves with what came of
   * its last try. Throws when the task has nowhere to call.
   */
  async sendNow(task: Task, phase: Phase | undefined, faults: CallbackFaults): Promise<CallbackRecord> {
    const { verbs } = this.#options
    if (this.#rules === undefined)
      throw new Error(`The dialect ${verbs.dialect.name} has no callbacks: its provider has none.`)
    if (task.callbackUrl === null)
      throw new Error(`The task "${task.id}" was created without a callback URL.`)
    const view = verbs.tasks.view(task)
    const record = await this.#send(this.#rules, { ...view, phase: phase ?? view.phase }, faults)
    if (record === undefined)
      throw new Error('The handshake was not answered as it must be: nothing is sent.')
    return record
  }

  async #watch(task: Task): Promise<void> {
    const { clock, signal, verbs } = this.#options
    while (!signal.aborted && verbs.tasks.find(task.id) === task) {
      // Looked up first: what the clock brings in between is told of as well.
      const pauseMs = untilChangeMs(task, clock.nowMs())
      this.moved(task)
      if (pauseMs === null) break
      await clock.sleep(pauseMs, signal)
    }
    this.#followed.delete(task.id)
  }

  /** Sends the callback of a phase as the task's faults want it. */
  async #tell(task: Task, view: TaskView): Promise<void> {
    const { clock, signal, verbs, orders } = this.#options
    const rules = this.#rules
    if (rules === undefined) return
    const faults = task.script.callback
    verbs.tasks.tell(task, view.phase)
    if (faults.has('lost') || (faults.has('lost-end') && isTerminal(view.phase))) return
    if (faults.has('keys-down')) orders.add({ point: 'other', role: 'keys', fault: '500*3' })
    await clock.sleep(faults.get('late') ?? 0, signal)
    for (const next of this.#ordered(view, faults)) {
      const times = faults.get('duplicated') ?? 1
      await Promise.all(Array.from({ length: times }, () => this.#send(rules, next, faults)))
    }
  }

  /** What to send now that this view is there: shuffled ones wait for the end, which then goes first. */
  #ordered(view: TaskView, faults: CallbackFaults): readonly TaskView[] {
    if (!faults.has('shuffled')) return [view]
    const held = this.#held.get(view.task.id) ?? []
    if (isTerminal(view.phase)) {
      this.#held.delete(view.task.id)
      return [view, ...held.toReversed()]
    }
    this.#held.set(view.task.id, [...held, view])
    return []
  }

  /** Tries until an answer is accepted or the provider would give up; undefined without a handshake. */
  async #send(
    rules: CallbackRules,
    view: TaskView,
    faults: CallbackFaults,
  ): Promise<CallbackRecord | undefined> {
    const { clock, signal, speed, verbs } = this.#options
    if (!(await this.#handshake(rules, view.task))) return undefined
    const id = verbs.ids.uuid()
    const { delaysMs, timeoutMs, phases } = rules.retry
    const delays = phases === undefined || phases.includes(view.phase) ? delaysMs : []
    let record = this.#record(rules, view, faults, { id, attempt: 1 })
    for (let attempt = 1; ; attempt += 1) {
      await this.#try(record, timeoutMs, (status, body) => rules.retry.accepts(status, body))
      const delayMs = delays[attempt - 1]
      if (record.accepted === true || delayMs === undefined || signal.aborted) return record
      await clock.sleep(delayMs / speed, signal)
      record = this.#record(rules, view, faults, { id, attempt: attempt + 1 })
    }
  }

  async #try(
    record: CallbackRecord,
    timeoutMs: number,
    accepts: (status: number, body: string) => boolean,
  ): Promise<void> {
    this.log.add(record)
    await sendCallback(record, timeoutMs, this.#options)
    record.accepted = record.status !== null && accepts(record.status, record.answer ?? '')
    this.log.tell()
  }

  /** The callback as it leaves: what is signed is not always what is sent. */
  #record(
    rules: CallbackRules,
    view: TaskView,
    faults: CallbackFaults,
    { id, attempt }: { id: string; attempt: number },
  ): CallbackRecord {
    const { clock, verbs: source } = this.#options
    const { task } = view
    const verbs = createVerbs(source, task.headers['host'])
    const bodyOf = (phase: Phase): string => JSON.stringify(rules.body({ ...view, phase }, verbs))
    const other: Phase = view.phase === 'done' ? 'failed' : 'done'
    const signed = bodyOf(faults.has('wrong-status') ? other : view.phase)
    const body = faults.has('tampered') ? bodyOf(other) : signed
    const url = task.callbackUrl ?? ''
    const at = clock.nowMs()
    const outgoing: Outgoing = {
      id,
      attempt,
      timestampMs: faults.has('old') ? at - REPLAY_AGE_MS : at,
      url: new URL(url),
      body: Buffer.from(signed),
      taskId: task.id,
      apiKey: faults.has('forged') ? `${task.key}-forged` : task.key,
      fields: task.fields,
      isRotating: faults.has('rotated'),
    }
    const headers = rules.sign?.(outgoing, this.#secretsFor(faults)) ?? {}
    const about = { id, taskId: task.id, phase: view.phase, attempt, at, url, headers, body }
    return { ...about, faults: [...faults.keys()], status: null, answer: null, error: null, accepted: null }
  }

  #secretsFor(faults: CallbackFaults): Secrets {
    return faults.has('forged') ? strangerSecrets(this.#options.seed) : this.#options.verbs.secrets
  }

  /** Whether the receiver has answered the handshake; asked once for each task. */
  #handshake(rules: CallbackRules, task: Task): Promise<boolean> {
    const known = this.#handshakes.get(task.id)
    if (known !== undefined) return known
    const asked = this.#askHandshake(rules, task)
    this.#handshakes.set(task.id, asked)
    return asked
  }

  async #askHandshake({ handshake }: CallbackRules, task: Task): Promise<boolean> {
    if (handshake === undefined) return true
    const { clock, verbs } = this.#options
    const challenge = verbs.ids.uuid()
    const record: CallbackRecord = {
      id: challenge,
      taskId: task.id,
      phase: null,
      attempt: 1,
      at: clock.nowMs(),
      url: task.callbackUrl ?? '',
      headers: {},
      body: JSON.stringify(handshake.body(challenge)),
      faults: [],
      status: null,
      answer: null,
      error: null,
      accepted: null,
    }
    await this.#try(record, handshake.timeoutMs, (status, body) => handshake.accepts(status, body, challenge))
    return record.accepted === true
  }
}
