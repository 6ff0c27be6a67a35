import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { EngineContext, Inspector } from '../../src/engine/context.ts'
import { Engine } from '../../src/engine/engine.ts'
import { Looks } from '../../src/engine/looks.ts'
import { Slots } from '../../src/engine/slots.ts'
import { openDiskFiles } from '../../src/files/disk-files.ts'
import type { Files } from '../../src/files/files.ts'
import { silentObserver } from '../../src/observability/observer.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { rowOfTask } from '../../src/store/sql/task-rows.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { isTerminal } from '../../src/task/state.ts'
import type { Task } from '../../src/task/task.ts'
import { newTask } from '../support/new-task.ts'
import { atOnce } from '../support/at-once.ts'
import { settle } from '../support/settle.ts'

const ROUNDS_MAX = 20_000

const inspector: Inspector = {
  probe: async () => ({ mime: 'video/mp4', width: 320, height: 180, durationMs: 1_000, codec: 'avc' }),
  poster: async () => undefined,
}

/** The real engine on the real store and disk, with a clock that the test owns. */
export class Harness {
  readonly clock: TestClock = new TestClock()
  readonly #directory: string
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #overrides: Partial<EngineContext>
  store!: Store
  files!: Files
  engine!: Engine
  looks!: Looks

  constructor(
    directory: string,
    providers: ReadonlyMap<string, Provider>,
    overrides: Partial<EngineContext>,
  ) {
    this.#directory = directory
    this.#providers = providers
    this.#overrides = overrides
  }

  static async open(
    providers: Record<string, Provider>,
    overrides: Partial<EngineContext> = {},
  ): Promise<Harness> {
    const directory = await mkdtemp(join(tmpdir(), 'reelay-engine-'))
    const harness = new Harness(directory, new Map(Object.entries(providers)), overrides)
    await harness.boot()
    return harness
  }

  /** Opens store and files and starts an engine, as a process start does. */
  async boot(): Promise<void> {
    this.store = await openSqliteStore({ path: join(this.#directory, 'reelay.db'), clock: this.clock })
    this.files = await openDiskFiles(join(this.#directory, 'files'))
    await this.store.clearLeases()
    this.looks = new Looks({ store: this.store, clock: this.clock, log: silentLog, eagerness: 1 })
    this.engine = new Engine({
      store: this.store,
      files: this.files,
      providers: this.#providers,
      pacingOf: (account) => this.#providers.get(account)?.traits.pacing ?? { perSecond: 1, burst: 5 },
      inspector,
      clock: this.clock,
      ids: systemIds,
      random: () => 0.5,
      log: silentLog,
      observer: silentObserver,
      owner: systemIds.id('worker', this.clock.nowMs()),
      looks: this.looks,
      leaseMs: 30_000,
      concurrencyMax: 256,
      downloads: { slots: new Slots(8), room: new Slots(8_000_000), bytesMax: 1_000_000 },
      retention: { filesMs: null, recordsMs: null, logsMs: null },
      callbackBase: () => null,
      inputUrl: () => null,
      checkpoint: () => Promise.resolve(),
      ...this.#overrides,
    })
    await this.engine.start()
  }

  async create(patch: Partial<Task> = {}): Promise<Task> {
    const task = newTask(this.clock.nowMs(), patch)
    const outcome = await this.store.insertTask({
      task,
      account: task.candidates[0]?.account ?? '',
      dueAtMs: this.clock.nowMs(),
      artifacts: [],
      events: [{ kind: 'task.created' }],
      idempotency: null,
      replay: null,
      limits: { inFlightMax: null, perDayMax: null },
    })
    if (outcome.kind !== 'created') throw new Error(`not created: ${outcome.kind}`)
    return task
  }

  /** A task that a newer version wrote, while no process runs. */
  insertBroken(): string {
    const task = newTask(this.clock.nowMs())
    const database = new DatabaseSync(join(this.#directory, 'reelay.db'))
    const row = { ...rowOfTask(task), state: 'dreaming' }
    const names = Object.keys(row)
    const marks = names.map(() => '?').join(', ')
    database
      .prepare(`insert into tasks (${names.join(', ')}) values (${marks})`)
      .run(...(Object.values(row) as SQLInputValue[]))
    database
      .prepare(
        `insert into schedule (task_id, account, due_at, fence, wake_seq) values (?, 'scripted', 0, 0, 0)`,
      )
      .run(task.id)
    database.close()
    return task.id
  }

  task(id: string): Task {
    const task = atOnce(this.store.loadTask(id))
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }

  /** Lets time pass, as fast as the code allows, until the condition holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await settle()
      if (condition()) return
      const nextMs = this.clock.nextWakeMs
      if (nextMs !== undefined) this.clock.advance(Math.max(1, nextMs - this.clock.nowMs()))
    }
    throw new Error(`never happened: ${what}`)
  }

  async untilEnded(id: string): Promise<Task> {
    await this.until(() => isTerminal(this.task(id).state), `task ${id} ends (it is ${this.task(id).state})`)
    return this.task(id)
  }

  /** Passes a stretch of virtual time step by step. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.nowMs() + ms
    await this.until(() => this.clock.nowMs() >= endMs, `${ms} ms pass`)
  }

  async shutdown(): Promise<void> {
    const stopping = this.engine.stop(0)
    let stopped = false
    void (async () => {
      await stopping
      stopped = true
    })()
    await this.until(() => stopped, 'the engine stops')
    await this.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
