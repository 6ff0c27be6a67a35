import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ApiKey, Artifact, CallbackTarget, IdempotentUse, KeyedTask, Project } from '../store.ts'
import { ERAS_KEPT, type DurationCell, type DurationSketch } from '../../task/duration-sketch.ts'
import type { Task } from '../../task/task.ts'
import { artifactOfRow } from '../sql/artifact-rows.ts'
import { keyedTaskOfRow, keyedTaskSql, type KeyedTaskRow } from '../sql/keyed-task.ts'
import { keyOfRow } from '../sql/keys.ts'
import { projectOfRow } from '../sql/projects.ts'
import type { Reads } from '../sql/reads.ts'
import type { ApiKeyRow, ArtifactRow, ProjectRow } from '../sql/schema.ts'
import { ATTEMPT_COLUMNS, taskOfRow, type JoinedTaskRow } from '../sql/task-rows.ts'

const TASK_SQL = `select tasks.*, ${ATTEMPT_COLUMNS.join(', ')} from tasks
  left join attempts on attempts.task_id = tasks.id and attempts.n = tasks.attempt_n where tasks.id = ?`

/**
 * The hot reads as prepared statements on a connection of their own, which sees committed data only. Rows that this
 * schema wrote are given its types here, in one place.
 */
export class SqliteReads implements Reads {
  readonly #nowMs: () => number
  readonly #keyedTask: StatementSync
  readonly #task: StatementSync
  readonly #artifacts: StatementSync
  readonly #key: StatementSync
  readonly #deadKey: StatementSync
  readonly #project: StatementSync
  readonly #callback: StatementSync
  readonly #position: StatementSync
  readonly #paused: StatementSync
  readonly #durations: StatementSync
  readonly #inFlight: StatementSync
  readonly #idempotent: StatementSync

  constructor(database: DatabaseSync, nowMs: () => number) {
    this.#nowMs = nowMs
    this.#keyedTask = database.prepare(keyedTaskSql('?1', '?2', '?3'))
    this.#task = database.prepare(TASK_SQL)
    this.#artifacts = database.prepare('select * from artifacts where task_id = ? order by role, idx')
    this.#key = database.prepare(
      `select * from api_keys where secret_hash = ? and revoked_at is null
        and (expires_at is null or expires_at > ?)`,
    )
    this.#deadKey = database.prepare(
      'select * from api_keys where secret_hash = ? and (revoked_at is not null or expires_at <= ?)',
    )
    this.#project = database.prepare('select id, name, created_at, limits from projects where id = ?')
    this.#callback = database.prepare(
      'select project_id, task_id, n, account from attempts where callback_token_hash = ?',
    )
    this.#position = database.prepare('select created_at, id from tasks where id = ? and project_id = ?')
    this.#paused = database.prepare('select paused_until, pause_reason from rate_buckets where account = ?')
    this.#inFlight = database.prepare(
      'select count(*) as count from attempts where account = ? and ended_at is null',
    )
    this.#idempotent = database.prepare(
      `select fingerprint, task_id from idempotency
        where project_id = ? and route = ? and key = ? and expires_at > ?`,
    )
    this.#durations = database.prepare(
      `select era, lower_ms as lowerMs, upper_ms as upperMs, sum(seen) as seen from duration_sketches
        where stat_key = :key
          and era > (select max(era) from duration_sketches where stat_key = :key) - ${ERAS_KEPT}
        group by era, lower_ms, upper_ms order by era, lower_ms, upper_ms`,
    )
  }

  keyedTask(secretHash: string, id: string): KeyedTask | undefined {
    const row = this.#keyedTask.get(secretHash, this.#nowMs(), id)
    return row === undefined ? undefined : keyedTaskOfRow(row as unknown as KeyedTaskRow)
  }

  task(id: string): Task | undefined {
    const row = this.#task.get(id)
    return row === undefined ? undefined : taskOfRow(row as unknown as JoinedTaskRow)
  }

  artifacts(taskId: string): readonly Artifact[] {
    return this.#artifacts.all(taskId).map((row) => artifactOfRow(row as unknown as ArtifactRow))
  }

  key(secretHash: string): ApiKey | undefined {
    const row = this.#key.get(secretHash, this.#nowMs())
    return row === undefined ? undefined : keyOfRow(row as unknown as ApiKeyRow)
  }

  deadKey(secretHash: string): ApiKey | undefined {
    const row = this.#deadKey.get(secretHash, this.#nowMs())
    return row === undefined ? undefined : keyOfRow(row as unknown as ApiKeyRow)
  }

  callbackTarget(tokenHash: string): CallbackTarget | undefined {
    const row = this.#callback.get(tokenHash)
    if (row === undefined) return undefined
    return {
      projectId: String(row['project_id']),
      taskId: String(row['task_id']),
      attempt: Number(row['n']),
      account: String(row['account']),
    }
  }

  project(id: string): Project | undefined {
    const row = this.#project.get(id)
    return row === undefined ? undefined : projectOfRow(row as unknown as ProjectRow)
  }

  idempotent(projectId: string, route: string, key: string): IdempotentUse | undefined {
    const row = this.#idempotent.get(projectId, route, key, this.#nowMs())
    if (row === undefined) return undefined
    return { fingerprint: String(row['fingerprint']), taskId: String(row['task_id']) }
  }

  position(projectId: string, id: string): { createdAtMs: number; id: string } | undefined {
    const row = this.#position.get(id, projectId)
    return row === undefined ? undefined : { createdAtMs: Number(row['created_at']), id }
  }

  pausedUntilMs(account: string): number | null {
    const until = this.#paused.get(account)?.['paused_until']
    return typeof until === 'number' ? until : null
  }

  pauseReason(account: string): string | null {
    const reason = this.#paused.get(account)?.['pause_reason']
    return typeof reason === 'string' ? reason : null
  }

  inFlight(account: string): number {
    return Number(this.#inFlight.get(account)?.['count'] ?? 0)
  }

  durations(key: string): DurationSketch {
    return this.#durations.all({ key }).map((row) => ({ ...(row as unknown as DurationCell) }))
  }
}
