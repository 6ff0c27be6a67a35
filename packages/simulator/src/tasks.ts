import type { Clock } from './clock.ts'
import type { Ledger, LedgerEntry, LedgerRecord } from './ledger.ts'
import { parseScript } from './script.ts'
import {
  currentView,
  passedViews,
  pollsMax,
  pollTask,
  waitingView,
  type PollOutcome,
  type Task,
  type TaskView,
} from './task.ts'

export interface TasksOptions {
  readonly clock: Clock
  readonly ledger: Ledger
  /** Whose tasks these are: others in the same ledger are left alone. */
  readonly dialect: string
  /** What an earlier process wrote. */
  readonly records: readonly LedgerRecord[]
  /** Markers for every task; those in a prompt win. */
  readonly scenario: string
  /** The creates are remembered over a restart, the tasks are not: a server that keeps them in memory. */
  readonly forgetOnRestart: boolean
}

function taskOf(entry: LedgerEntry, id: string, scenario: string): Task {
  return {
    id,
    createdAtMs: entry.at,
    path: entry.path,
    model: entry.model,
    prompt: entry.prompt,
    fields: entry.fields,
    headers: entry.headers,
    key: entry.key,
    clientToken: entry.clientToken,
    callbackUrl: entry.callbackUrl,
    remixOf: entry.remixOf,
    script: parseScript(scenario, entry.prompt),
    render: entry.render,
    polls: 0,
    finishedAtMs: null,
    cancel: null,
    told: new Set(),
    uses: { create: 0, look: 0, content: 0, link: 0, delete: 0, cancel: 0 },
  }
}

/** The tasks in their order of creation, kept in step with the ledger. */
export class Tasks {
  readonly #options: TasksOptions
  readonly #tasks = new Map<string, Task>()
  readonly #byToken = new Map<string, Task>()
  readonly #entries: LedgerEntry[] = []
  readonly #creates = new Map<string, number>()

  constructor(options: TasksOptions) {
    this.#options = options
    for (const record of options.records) this.#replay(record)
    if (!options.forgetOnRestart) return
    this.#tasks.clear()
    this.#byToken.clear()
  }

  /** Every POST so far, those before a restart included. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries
  }

  /** How many creates came with this very prompt. */
  createsOf(prompt: string): number {
    return this.#creates.get(prompt) ?? 0
  }

  /** Writes the POST down, durably, and makes its task when it was accepted. */
  record(entry: LedgerEntry): Task | undefined {
    this.#options.ledger.append(entry)
    return this.#addEntry(entry)
  }

  find(id: string): Task | undefined {
    return this.#tasks.get(id)
  }

  /** The newest task with this client token. */
  byToken(token: string): Task | undefined {
    return this.#byToken.get(token)
  }

  all(): Task[] {
    return [...this.#tasks.values()]
  }

  view(task: Task): TaskView {
    return currentView(task, this.#options.clock.nowMs())
  }

  /** All that the clock has brought, the newest last. */
  passed(task: Task): readonly TaskView[] {
    return passedViews(task, this.#options.clock.nowMs())
  }

  /** As it was right after its create. */
  waiting(task: Task): TaskView {
    return waitingView(task, this.#options.clock.nowMs())
  }

  poll(task: Task): PollOutcome {
    const endedBefore = task.finishedAtMs !== null
    const outcome = pollTask(task, this.#options.clock.nowMs())
    const afterPolls = task.cancel?.afterPolls ?? 0
    const moved =
      task.polls <= Math.max(pollsMax(task), afterPolls) || endedBefore !== (task.finishedAtMs !== null)
    if (moved) {
      const { id, polls, finishedAtMs } = task
      this.#options.ledger.append({ kind: 'poll', id, polls, finishedAtMs })
    }
    return outcome
  }

  /** Ends a task as cancelled: now, or once it was asked for so many times more. */
  cancel(task: Task, morePolls: number): void {
    const cancel = { afterPolls: task.polls + morePolls, at: this.#options.clock.nowMs() }
    task.cancel = cancel
    this.#options.ledger.append({ kind: 'cancel', id: task.id, ...cancel })
  }

  /** Its callback for this phase needs no more sending. */
  tell(task: Task, phase: string): void {
    task.told.add(phase)
    this.#options.ledger.append({ kind: 'told', id: task.id, phase })
  }

  /** Gives a task a new script, from its start. Throws when the id is unknown or a marker is. */
  rescript(id: string, text: string): void {
    if (!this.#tasks.has(id)) throw new Error(`There is no task "${id}" to rescript.`)
    this.#rescript(id, text)
    this.#options.ledger.append({ kind: 'script', id, text })
  }

  /** From now on the id is unknown. */
  remove(id: string): void {
    this.#forget(id)
    this.#options.ledger.append({ kind: 'remove', id })
  }

  #forget(id: string): void {
    const task = this.#tasks.get(id)
    this.#tasks.delete(id)
    if (task?.clientToken != null && this.#byToken.get(task.clientToken) === task) {
      this.#byToken.delete(task.clientToken)
    }
  }

  #rescript(id: string, text: string): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    task.script = parseScript(this.#options.scenario, text)
    task.polls = 0
    task.finishedAtMs = null
    task.cancel = null
    task.told.clear()
  }

  #addEntry(entry: LedgerEntry): Task | undefined {
    this.#entries.push(entry)
    this.#creates.set(entry.prompt, this.createsOf(entry.prompt) + 1)
    if (!entry.accepted || entry.id === null) return undefined
    if (entry.repeated) return this.#tasks.get(entry.id)
    const task = taskOf(entry, entry.id, this.#options.scenario)
    this.#tasks.set(task.id, task)
    if (task.clientToken !== null) this.#byToken.set(task.clientToken, task)
    return task
  }

  #replay(record: LedgerRecord): void {
    if (record.kind === 'create') {
      if (record.dialect === this.#options.dialect) this.#addEntry(record)
      return
    }
    const task = this.#tasks.get(record.id)
    if (task === undefined) return
    switch (record.kind) {
      case 'poll':
        task.polls = record.polls
        task.finishedAtMs = record.finishedAtMs
        // It ended before a cancel took effect.
        if (record.finishedAtMs !== null && record.polls <= (task.cancel?.afterPolls ?? 0)) task.cancel = null
        return
      case 'script':
        return this.#rescript(record.id, record.text)
      case 'remove':
        return this.#forget(record.id)
      case 'cancel':
        task.cancel = record
        return
      case 'told':
        task.told.add(record.phase)
        return
    }
  }
}
