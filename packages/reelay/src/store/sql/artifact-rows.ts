import type { Kysely } from 'kysely'
import type { Artifact, ArtifactRole } from '../store.ts'
import type { ArtifactRow, Tables } from './schema.ts'

export function rowOfArtifact(task: { id: string; projectId: string }, artifact: Artifact): ArtifactRow {
  return {
    task_id: task.id,
    project_id: task.projectId,
    role: artifact.role,
    idx: artifact.index,
    storage_key: artifact.storageKey,
    sha256: artifact.sha256,
    bytes: artifact.bytes,
    mime: artifact.mime,
    width: artifact.width,
    height: artifact.height,
    duration_ms: artifact.durationMs,
    codec: artifact.codec,
  }
}

export function artifactOfRow(row: ArtifactRow): Artifact {
  return {
    role: row.role as ArtifactRole,
    index: row.idx,
    storageKey: row.storage_key,
    sha256: row.sha256,
    bytes: row.bytes,
    mime: row.mime,
    width: row.width,
    height: row.height,
    durationMs: row.duration_ms,
    codec: row.codec,
  }
}

export async function artifactsOf(
  db: Kysely<Tables>,
  taskIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Artifact[]>> {
  if (taskIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('task_id', 'in', [...taskIds])
    .orderBy('task_id')
    .orderBy('role')
    .orderBy('idx')
    .execute()
  return new Map(
    [...Map.groupBy(rows, (row) => row.task_id)].map(([id, ofTask]) => [id, ofTask.map(artifactOfRow)]),
  )
}

/** Inputs of ended tasks and everything of deleted ones: what a crash between a commit and its clean-up left. */
export async function removableArtifacts(
  db: Kysely<Tables>,
  limit: number,
): Promise<readonly (Artifact & { taskId: string })[]> {
  const rows = await db
    .selectFrom('artifacts')
    .innerJoin('tasks', 'tasks.id', 'artifacts.task_id')
    .selectAll('artifacts')
    .where('tasks.state', 'in', ['completed', 'failed', 'error'])
    .where((where) =>
      where.or([where('artifacts.role', '=', 'input'), where('tasks.deleted_at', 'is not', null)]),
    )
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...artifactOfRow(row), taskId: row.task_id }))
}
