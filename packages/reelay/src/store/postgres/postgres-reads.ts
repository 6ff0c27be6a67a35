import { ERAS_KEPT, type DurationCell, type DurationSketch } from '../../task/duration-sketch.ts'
import type { Task } from '../../task/task.ts'
import { artifactOfRow } from '../sql/artifact-rows.ts'
import { keyedTaskOfRow, keyedTaskSql, type KeyedTaskRow } from '../sql/keyed-task.ts'
import { keyOfRow } from '../sql/keys.ts'
import { projectOfRow } from '../sql/projects.ts'
import type { Reads } from '../sql/reads.ts'
import type { ApiKeyRow, ArtifactRow, ProjectRow } from '../sql/schema.ts'
import { ATTEMPT_COLUMNS, taskOfRow, type JoinedTaskRow } from '../sql/task-rows.ts'
import type { ApiKey, Artifact, CallbackTarget, IdempotentUse, KeyedTask, Project } from '../store.ts'
import type { Connections } from './connections.ts'

const TASK_SQL = `select tasks.*, ${ATTEMPT_COLUMNS.join(', ')} from tasks
  left join attempts on attempts.task_id = tasks.id and attempts.n = tasks.attempt_n where tasks.id = $1`

const KEYED_TASK_SQL = keyedTaskSql('$1', '$2', '$3')

/** The hot reads as plain statements. Rows that this schema wrote are given its types here, in one place. */
export class PostgresReads implements Reads {
  readonly #connections: Pick<Connections, 'query'>
  readonly #nowMs: () => number

  constructor(connections: Pick<Connections, 'query'>, nowMs: () => number) {
    this.#connections = connections
    this.#nowMs = nowMs
  }

  async #first<Row>(text: string, parameters: readonly unknown[]): Promise<Row | undefined> {
    return (await this.#connections.query<Row>(text, parameters))[0]
  }

  async keyedTask(secretHash: string, id: string): Promise<KeyedTask | undefined> {
    const row = await this.#first<KeyedTaskRow>(KEYED_TASK_SQL, [secretHash, this.#nowMs(), id])
    return row === undefined ? undefined : keyedTaskOfRow(row)
  }

  async task(id: string): Promise<Task | undefined> {
    const row = await this.#first<JoinedTaskRow>(TASK_SQL, [id])
    return row === undefined ? undefined : taskOfRow(row)
  }

  async artifacts(taskId: string): Promise<readonly Artifact[]> {
    const text = 'select * from artifacts where task_id = $1 order by role, idx'
    return (await this.#connections.query<ArtifactRow>(text, [taskId])).map(artifactOfRow)
  }

  async key(secretHash: string): Promise<ApiKey | undefined> {
    const row = await this.#first<ApiKeyRow>(
      `select * from api_keys where secret_hash = $1 and revoked_at is null
        and (expires_at is null or expires_at > $2)`,
      [secretHash, this.#nowMs()],
    )
    return row === undefined ? undefined : keyOfRow(row)
  }

  async deadKey(secretHash: string): Promise<ApiKey | undefined> {
    const row = await this.#first<ApiKeyRow>(
      'select * from api_keys where secret_hash = $1 and (revoked_at is not null or expires_at <= $2)',
      [secretHash, this.#nowMs()],
    )
    return row === undefined ? undefined : keyOfRow(row)
  }

  async callbackTarget(tokenHash: string): Promise<CallbackTarget | undefined> {
    return this.#first<CallbackTarget>(
      `select project_id as "projectId", task_id as "taskId", n as attempt, account
        from attempts where callback_token_hash = $1`,
      [tokenHash],
    )
  }

  async project(id: string): Promise<Project | undefined> {
    const row = await this.#first<ProjectRow>(
      'select id, name, created_at, limits from projects where id = $1',
      [id],
    )
    return row === undefined ? undefined : projectOfRow(row)
  }

  async idempotent(projectId: string, route: string, key: string): Promise<IdempotentUse | undefined> {
    return this.#first<IdempotentUse>(
      `select fingerprint, task_id as "taskId" from idempotency
        where project_id = $1 and route = $2 and key = $3 and expires_at > $4`,
      [projectId, route, key, this.#nowMs()],
    )
  }

  async position(projectId: string, id: string): Promise<{ createdAtMs: number; id: string } | undefined> {
    return this.#first<{ createdAtMs: number; id: string }>(
      'select created_at as "createdAtMs", id from tasks where id = $1 and project_id = $2',
      [id, projectId],
    )
  }

  async pausedUntilMs(account: string): Promise<number | null> {
    const row = await this.#first<{ until: number | null }>(
      'select paused_until as until from rate_buckets where account = $1',
      [account],
    )
    return row?.until ?? null
  }

  async pauseReason(account: string): Promise<string | null> {
    const row = await this.#first<{ reason: string | null }>(
      'select pause_reason as reason from rate_buckets where account = $1',
      [account],
    )
    return row?.reason ?? null
  }

  async inFlight(account: string): Promise<number> {
    const row = await this.#first<{ count: number }>(
      'select count(*) as count from attempts where account = $1 and ended_at is null',
      [account],
    )
    return row?.count ?? 0
  }

  async durations(key: string): Promise<DurationSketch> {
    return this.#connections.query<DurationCell>(
      `select era, lower_ms as "lowerMs", upper_ms as "upperMs", sum(seen) as seen from duration_sketches
        where stat_key = $1 and era > (select max(era) from duration_sketches where stat_key = $1) - $2
        group by era, lower_ms, upper_ms order by era, lower_ms, upper_ms`,
      [key, ERAS_KEPT],
    )
  }
}
