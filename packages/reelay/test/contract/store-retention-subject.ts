import type { Artifact } from '../../src/store/store.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Task } from '../../src/task/task.ts'
import type { OpenTables, Row } from './store-callback-subject.ts'
import type { Store } from '../../src/store/store.ts'
import { WebhookSubject } from './webhook-subject.ts'

export const DAY_MS = 86_400_000

/** Every table that has rows of a task. */
const TABLES = [
  'tasks',
  'schedule',
  'attempts',
  'artifacts',
  'task_events',
  'callbacks_in',
  'deliveries',
  'client_replays',
] as const

export const artifactOf = (task: { id: string }, role: Artifact['role'] = 'video'): Artifact => ({
  role,
  index: 0,
  storageKey: `videos/${task.id}/1.1.${role}.0.bin`,
  sha256: 'ab',
  bytes: 100,
  mime: 'video/mp4',
  width: null,
  height: null,
  durationMs: null,
  codec: null,
})

/** A store under test in which tasks have ended long ago. */
export class RetentionSubject extends WebhookSubject {
  tableRows: (table: string) => Promise<readonly Row[]>
  #jobs = 0

  constructor(clock: TestClock, store: Store, rows: RetentionSubject['tableRows']) {
    super(clock, store)
    this.tableRows = rows
  }

  static async of(open: OpenTables): Promise<RetentionSubject> {
    const clock = new TestClock()
    const { store, rows } = await open(clock)
    return new RetentionSubject(clock, store, rows)
  }

  /** A completed task with two files that expire so long after its end; null: never. */
  async completed(keptMs: number | null = null, patch: Partial<Task> = {}): Promise<Task> {
    const { id } = await this.create(patch)
    await this.run(`job-${(this.#jobs += 1)}`)
    await this.step(id, 'archiving')
    const expiresAtMs = keptMs === null ? null : this.clock.nowMs() + keptMs
    return this.step(id, 'completed', {
      patch: { completedAtMs: this.clock.nowMs(), expiresAtMs, progress: 100 },
      artifacts: [artifactOf({ id }), artifactOf({ id }, 'thumbnail')],
    })
  }

  async failed(patch: Partial<Task> = {}): Promise<Task> {
    const { id } = await this.create(patch)
    await this.run(`job-${(this.#jobs += 1)}`)
    return this.step(id, 'failed', { patch: { completedAtMs: this.clock.nowMs() } })
  }

  /** What is left of a task: how many rows in which tables. */
  async rest(id: string): Promise<Record<string, number>> {
    const counts = await Promise.all(
      TABLES.map(async (table) => {
        const column = table === 'tasks' ? 'id' : 'task_id'
        const rows = await this.tableRows(table)
        return [table, rows.filter((row) => row[column] === id).length] as const
      }),
    )
    return Object.fromEntries(counts.filter(([, count]) => count > 0))
  }

  async count(table: string): Promise<number> {
    return (await this.tableRows(table)).length
  }

  purgeable(keptMs: number = DAY_MS): Promise<readonly string[]> {
    return this.store.retention.purgeableTasks({ keptMs, limit: 100 })
  }

  /** Calls as often as there is something to do, as its user does. */
  async purge(
    taskIds: readonly string[],
    { keptMs = DAY_MS, rowsMax = 200 }: { keptMs?: number; rowsMax?: number } = {},
  ): Promise<readonly string[]> {
    const purged: string[] = []
    for (let call = 0; call < 1_000; call += 1) {
      const done = await this.store.retention.purgeTasks({ taskIds, keptMs, rowsMax })
      if (done.rows > rowsMax) throw new Error(`${done.rows} rows in one transaction`)
      purged.push(...done.taskIds)
      if (done.rows === 0) return purged
    }
    throw new Error('it never ends')
  }
}
