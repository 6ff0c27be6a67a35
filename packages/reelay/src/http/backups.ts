import { backupCreateSchema } from './admin-schemas.ts'
import { ApiError } from './api-error.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { logAdministration } from './log-administration.ts'
import { readOptionalJson } from './read-optional-json.ts'
import { unixSeconds } from './unix-seconds.ts'

/** `POST /v1/backups`: answers when the copy is whole and on the disk. */
export async function createBackup(exchange: Exchange): Promise<Response> {
  const { name } = await readOptionalJson(exchange, backupCreateSchema, {})
  const outcome = await exchange.shared.backUp(name ?? null)
  switch (outcome.kind) {
    case 'made': {
      const { path, bytes, startedAtMs, tookMs } = outcome
      logAdministration(exchange, { action: 'backup.created', target: path, detail: { bytes, tookMs } })
      return jsonAnswer({
        object: 'backup',
        path,
        bytes,
        created_at: unixSeconds(startedAtMs),
        took_ms: tookMs,
      })
    }
    case 'unsupported':
      throw new ApiError('operation_not_supported', `${outcome.reason}.`)
    case 'running':
      throw new ApiError('backup_conflict', 'A backup is being made. Wait until it is there, and ask again.')
    case 'exists':
      throw new ApiError('backup_conflict', `There is a ${outcome.path} already. Give another name.`, {
        param: 'name',
      })
    case 'no_room':
      throw new ApiError(
        'disk_full',
        `The disk of ${outcome.directory} has no room for a copy of the database. Free some, or set REELAY_BACKUP_DIR.`,
      )
  }
}
