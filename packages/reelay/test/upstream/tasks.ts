import type { Clock } from '../../src/system/clock.ts'
import type { Ledger, LedgerEntry, LedgerRecord } from './ledger.ts'
import { parseScript } from './script.ts'
import { currentView, pollsMax, pollTask, type PollOutcome, type Task, type TaskView } from './task.ts'

export interface TasksOptions {
  readonly clock: Clock
  readonly ledger: Ledger
  /** What an earlier process wrote. */
  readonly records: readonly LedgerRecord[]
  /** Markers for every task; those in a prompt win. */
  readonly scenario: string
  /** The creates are remembered over a restart, the tasks are not: a server that keeps them in memory. */
  readonly forgetOnRestart: boolean
}

/** The tasks in their order of creation, kept in step with the ledger. */
export class Tasks {
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #scenario: string
  readonly #tasks = new Map<string, Task>()
  readonly #entries: LedgerEntry[] = []
  readonly #creates = new Map<string, number>()

  constructor(options: TasksOptions) {
    this.#clock = options.clock
    this.#ledger = options.ledger
    this.#scenario = options.scenario
    for (const record of options.records) this.#replay(record)
    if (options.forgetOnRestart) this.#tasks.clear()
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
    this.#ledger.append(entry)
    return this.#addEntry(entry)
  }

  find(id: string): Task | undefined {
    return this.#tasks.get(id)
  }

  all(): Task[] {
    return [...this.#tasks.values()]
  }

  view(task: Task): TaskView {
    return currentView(task, this.#clock.nowMs())
  }

  poll(task: Task): PollOutcome {
    const endedBefore = task.finishedAtMs !== null
    const outcome = pollTask(task, this.#clock.nowMs())
    const moved = task.polls <= pollsMax(task) || endedBefore !== (task.finishedAtMs !== null)
    if (moved) {
      const { id, polls, finishedAtMs } = task
      this.#ledger.append({ kind: 'poll', id, polls, finishedAtMs })
    }
    return outcome
  }

  /** Gives a task a new script, from its start. Throws when the id is unknown or a marker is. */
  rescript(id: string, text: string): void {
    if (!this.#tasks.has(id)) throw new Error(`There is no task "${id}" to rescript.`)
    this.#rescript(id, text)
    this.#ledger.append({ kind: 'script', id, text })
  }

  /** From now on the id is unknown. */
  remove(id: string): void {
    this.#tasks.delete(id)
    this.#ledger.append({ kind: 'remove', id })
  }

  #rescript(id: string, text: string): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    task.script = parseScript(this.#scenario, text)
    task.polls = 0
    task.finishedAtMs = null
  }

  #addEntry(entry: LedgerEntry): Task | undefined {
    this.#entries.push(entry)
    this.#creates.set(entry.prompt, this.createsOf(entry.prompt) + 1)
    if (!entry.accepted || entry.id === null) return undefined
    const task: Task = {
      id: entry.id,
      createdAtMs: entry.at,
      model: entry.model,
      prompt: entry.prompt,
      fields: entry.fields,
      remixOf: entry.remixOf,
      script: parseScript(this.#scenario, entry.prompt),
      polls: 0,
      finishedAtMs: null,
      uses: { content: 0, link: 0, delete: 0 },
    }
    this.#tasks.set(task.id, task)
    return task
  }

  #replay(record: LedgerRecord): void {
    switch (record.kind) {
      case 'create':
        this.#addEntry(record)
        return
      case 'poll': {
        const task = this.#tasks.get(record.id)
        if (task === undefined) return
        task.polls = record.polls
        task.finishedAtMs = record.finishedAtMs
        return
      }
      case 'script':
        this.#rescript(record.id, record.text)
        return
      case 'remove':
        this.#tasks.delete(record.id)
        return
    }
  }
}
